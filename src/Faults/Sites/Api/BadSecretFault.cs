using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>Configuration drift: the service runs on with a wrong password of the database.</summary>
public sealed class BadSecretFault : ContainerFault
{
    private const string Suffix = "_PASSWORD";

    public override string Name => "bad_secret";

    public override string Summary => "Starts the service again with a wrong database password.";

    public override string BlastRadius => "Every request that needs the database is refused by it; both run, and all data stays.";

    public override string Needs => "A running target with an environment variable for a password of the database (DB_PASSWORD).";

    public override string Reverting => "The service is recreated as declared when it still has the wrong value, or does not run.";

    public override string DefaultTarget => "api";

    public override string Resource => FaultResources.Service;

    public override Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        ContainerSwap.RecreateAsync(context, context.Spec(receipt), (receipt.Values["variable"], receipt.Values["wrong"]), receipt.EffectKey, cancellationToken);

    public override async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        if (seen.State != ServiceState.Missing)
        {
            await TakeBackAsync(context, receipt, seen, cancellationToken);
        }
    }

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        [FaultRemedy.Of("set_env", receipt.Target, ("name", receipt.Values.GetValueOrDefault("variable", "VARIABLE")))];

    protected override Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        string variable = target.Environment.Keys.Where(k => k.EndsWith(Suffix, StringComparison.Ordinal)).OrderBy(k => k == "DB" + Suffix ? 0 : 1).FirstOrDefault()
            ?? throw new PlatformException($"none of its variables ends with {Suffix}", retryable: false);
        return Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string> { ["variable"] = variable, ["wrong"] = "expired-last-week" });
    }

    protected override Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        ServiceSpec spec = context.Spec(receipt);
        string variable = receipt.Values["variable"];
        return IsWrong(receipt, seen) || seen.State == ServiceState.Stopped
            ? ContainerSwap.RecreateAsync(context, spec, (variable, spec.Environment[variable]), receipt.EffectKey + "-revert", cancellationToken)
            : ContainerSwap.TidyAsync(context, seen, cancellationToken);
    }

    protected override Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        Task.FromResult(IsWrong(receipt, seen));

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"{receipt.Target} runs with another {receipt.Values["variable"]} than declared", context, receipt, seen, cancellationToken);

    private static bool IsWrong(FaultReceipt receipt, ServiceObservation seen) =>
        seen.Environment.TryGetValue(receipt.Values["variable"], out string? value) && value == receipt.Values["wrong"];
}

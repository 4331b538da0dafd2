using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>Configuration drift: the service runs on with a wrong address of a service that it needs.</summary>
public sealed class AddressFault : ISiteFault
{
    private readonly Func<string, string, string> distort;
    private readonly Func<Site, AddressVariable, bool> prefer;

    private AddressFault(string name, string target, string summary, Func<Site, AddressVariable, bool> prefer, Func<string, string, string> distort)
    {
        (Name, DefaultTarget, Summary) = (name, target, summary);
        (this.prefer, this.distort) = (prefer, distort);
    }

    /// <summary>The name under .invalid can never resolve (RFC 2606).</summary>
    public static AddressFault DbConnDrift { get; } = new("db_conn_drift", "api",
        "Starts the service again with a store address whose host does not exist.",
        (site, found) => site.Find(found.Dependency) is { } needed && (needed.Volumes.Count > 0 || needed.Process?.Data.Count > 0),
        (value, dependency) => ServiceAddress.WithHost(value, $"{dependency}-old.invalid"));

    /// <summary>Port 1 (tcpmux) is served by nothing.</summary>
    public static AddressFault BadUpstream { get; } = new("bad_upstream", "edge",
        "Starts the service again with the wrong port of the service behind it.",
        (_, _) => true,
        (value, _) => ServiceAddress.WithPort(value, 1));

    public string Name { get; }

    public string Summary { get; }

    public string Needs => "A running target with an environment variable whose declared value names another service as host.";

    public string BlastRadius => "Every request that needs the other service fails at once; both services run, and all data stays.";

    public string Reverting => "The service is recreated as declared when it still has the wrong value, or does not run.";

    public string DefaultTarget { get; }

    public string Resource => FaultResources.Service;

    public IReadOnlyList<string> Platforms { get; } = ["process", "docker"];

    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        await context.RunningAsync(target.Name, cancellationToken);
        IReadOnlyList<AddressVariable> found = ServiceAddress.Find(context.Site, target);
        AddressVariable chosen = found.FirstOrDefault(f => prefer(context.Site, f)) ?? (found is [var first, ..] ? first : null)
            ?? throw QuorateException.Input("no_address_variable",
                $"no environment variable of {target.Name} holds the address of another service; {Name} has nothing to change");
        string declared = Environment(context, target)[chosen.Variable];
        return new Dictionary<string, string>
        {
            ["variable"] = chosen.Variable,
            ["dependency"] = chosen.Dependency,
            ["wrong"] = distort(declared, chosen.Dependency),
        };
    }

    public Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        ContainerSwap.RecreateAsync(context, context.Spec(receipt), (receipt.Values["variable"], receipt.Values["wrong"]), receipt.EffectKey, cancellationToken);

    public async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        if (await context.FindAsync(receipt.Target, cancellationToken) is not { } seen)
        {
            return;
        }
        ServiceSpec spec = context.Spec(receipt);
        string variable = receipt.Values["variable"];
        if (IsWrong(receipt, seen) || seen.State is ServiceState.Stopped or ServiceState.Missing)
        {
            await ContainerSwap.RecreateAsync(context, spec, (variable, Environment(context, spec)[variable]), receipt.EffectKey + "-revert", cancellationToken);
        }
        else
        {
            await ContainerSwap.TidyAsync(context, seen, cancellationToken);
        }
    }

    public async Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        IsWrong(receipt, await context.ObserveAsync(receipt.Target, cancellationToken));

    public async Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        string variable = receipt.Values["variable"];
        return seen.Environment.GetValueOrDefault(variable) == Environment(context, context.Spec(receipt))[variable]
            ? await context.ProblemOfAsync(receipt.Target, cancellationToken)
            : $"{receipt.Target} runs with another {variable} than declared";
    }

    public IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        [FaultRemedy.Of("set_env", receipt.Target, ("name", receipt.Values.GetValueOrDefault("variable", "VARIABLE")))];

    private static bool IsWrong(FaultReceipt receipt, ServiceObservation seen) =>
        seen.Environment.TryGetValue(receipt.Values["variable"], out string? value) && value == receipt.Values["wrong"];

    /// <summary>The declared environment in the form that the platform starts the service with.</summary>
    private static IReadOnlyDictionary<string, string> Environment(FaultContext context, ServiceSpec target) =>
        context.Platform.Name == "process" && target.Process is { } process ? process.Environment : target.Environment;
}

using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The cache's password was changed, and nobody told the services.</summary>
public sealed class AuthChangedFault : RedisFault
{
    private const string Declared = "REDISCLI_AUTH";

    public override string Name => "auth_changed";

    public override string Summary => "Changes the server's password (requirepass) and ends its connections.";

    public override string BlastRadius => "The services are refused by the cache (WRONGPASS), and orders are read from the database instead, slower.";

    public override string Reverting => "The declared password is set again, by the changed one.";

    public override string Resource => FaultResources.Access;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        await CommandAsync(context, receipt.Target, cancellationToken, "CONFIG", "SET", "requirepass", receipt.Values["changed"]);
        await CommandAsync(context, receipt.Target, cancellationToken, "-a", receipt.Values["changed"], "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    }

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("restart", receipt.Target)];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        await base.PrepareAsync(context, target, seen, cancellationToken);
        return target.Environment.ContainsKey(Declared)
            ? new Dictionary<string, string> { ["changed"] = $"changed-{context.Time.GetUtcNow().UtcTicks:x}" }
            : throw new PlatformException($"it declares no password ({Declared})", retryable: false);
    }

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(context, receipt, seen, cancellationToken))
        {
            string declared = context.Spec(receipt).Environment[Declared];
            await CommandAsync(context, receipt.Target, cancellationToken, "-a", receipt.Values["changed"], "CONFIG", "SET", "requirepass", declared);
        }
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        try
        {
            await CommandAsync(context, receipt.Target, cancellationToken, "-a", receipt.Values["changed"], "PING");
            return true;
        }
        catch (PlatformException)
        {
            return false;
        }
    }

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"{receipt.Target} takes another password than declared", context, receipt, seen, cancellationToken);
}

using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The proxy lets hardly any request through.</summary>
public sealed class RateLimitFault : NginxFault
{
    private const string Path = $"{Folder}/00-limit.conf";
    private const string Limit = "limit_req_zone $server_port zone=everyone:64k rate=6r/m; limit_req zone=everyone; limit_req_status 429;";

    public override string Name => "rate_limit";

    public override string Summary => "Limits all requests together to six a minute, and reloads nginx.";

    public override string BlastRadius => "All but six requests a minute are answered with 429, whoever sends them; everything behind the proxy works.";

    public override string Reverting => "The limit's file is deleted, and nginx reloaded.";

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        await WriteAsync(context, receipt.Target, Path, Limit, cancellationToken);
        await ReloadAsync(context, receipt.Target, cancellationToken);
    }

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("reconcile", receipt.Target)];

    /// <summary>The file lies in the container, and so is there after a stop too.</summary>
    public override async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        if ((await context.ObserveAsync(receipt.Target, cancellationToken)).State == ServiceState.Stopped)
        {
            await context.Platform.StartAsync(receipt.Target, receipt.EffectKey + "-revert", cancellationToken);
        }
        await base.RevertAsync(context, receipt, cancellationToken);
    }

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        await RunAsync(context, receipt.Target, cancellationToken, "rm", "-f", Path);
        await ReloadAsync(context, receipt.Target, cancellationToken);
    }

    protected override Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        HasAsync(context, receipt.Target, Path, cancellationToken);

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"{receipt.Target} limits requests, which is not declared", context, receipt, seen, cancellationToken);
}

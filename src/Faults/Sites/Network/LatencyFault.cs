using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The way to the service is slow: a proxy in its network holds every byte for a while.</summary>
public sealed class LatencyFault : NetworkFault
{
    private const int DelayMs = 800;
    private const int FirstPort = 20_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public override string Name => "latency";

    public override string Summary => $"Sends connections to the service through a proxy that holds every byte for {DelayMs} ms in each direction.";

    public override string BlastRadius => $"Every request to the service takes {2 * DelayMs} ms longer; those that wait less give up. All data stays.";

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(receipt.Target, cancellationToken);
        string pid = seen.Pid!.Value.ToString(CultureInfo.InvariantCulture);
        (string port, string proxy) = (receipt.Values["port"], receipt.Values["proxy"]);
        HostTools.StartDetached(
            ["env", $"{FaultProcesses.Variable}={receipt.EffectKey}", "nsenter", "-t", pid, "-n", .. HostTools.Self(),
             "fault", "delay", "--from", proxy, "--to", port, "--ms", DelayMs.ToString(CultureInfo.InvariantCulture)]);
        await context.UntilAsync("the start of the proxy", Patience, async () =>
            (await InsideAsync(seen, cancellationToken, "ss", "-Hltn", $"sport = :{proxy}")).Contains($":{proxy}", StringComparison.Ordinal), cancellationToken);
        await AddRuleAsync(seen, receipt, cancellationToken, "nat", "PREROUTING", "-p", "tcp", "--dport", port, "-j", "REDIRECT", "--to-ports", proxy);
        // Connections that are open already would stay fast: they are reset. New ones do not get here with this port.
        await AddRuleAsync(seen, receipt, cancellationToken, "filter", "INPUT", "!", "-i", "lo", "-p", "tcp", "--dport", port, "-j", "REJECT", "--reject-with", "tcp-reset");
    }

    /// <summary>The proxy is a process of this machine, and outlives the container.</summary>
    public override async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        await base.RevertAsync(context, receipt, cancellationToken);
        FaultProcesses.Kill(receipt.EffectKey);
    }

    protected override Task<IReadOnlyDictionary<string, string>> PrepareInsideAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        int port = PortOf(target);
        return Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>
        {
            ["port"] = port.ToString(CultureInfo.InvariantCulture),
            ["proxy"] = (FirstPort + port % FirstPort).ToString(CultureInfo.InvariantCulture),
        });
    }

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"connections to {receipt.Target} are held for {DelayMs} ms in each direction", context, receipt, seen, cancellationToken);
}

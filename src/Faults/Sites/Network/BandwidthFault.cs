using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The way from the service is narrow: a token bucket filter lets a trickle through.</summary>
public sealed class BandwidthFault : NetworkFault
{
    private const string Rate = "4kbit";

    public override string Name => "bandwidth";

    public override string Summary => $"Limits what the service sends to {Rate}/s (tc tbf on its interface).";

    public override string BlastRadius => "Answers of the service come slowly, and queue up; callers time out. All data stays.";

    public override string Needs => "Root, nsenter, tc, and a running target in a container.";

    public override string DefaultTarget => "db";

    protected override (string Program, string Package) Tool => ("tc", "iproute2");

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(receipt.Target, cancellationToken);
        await InsideAsync(seen, cancellationToken, "tc", "qdisc", "add", "dev", await DeviceAsync(seen, cancellationToken), "root", "tbf", "rate", Rate, "burst", "1600", "limit", "32kb");
    }

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(context, receipt, seen, cancellationToken))
        {
            await InsideAsync(seen, cancellationToken, "tc", "qdisc", "del", "dev", await DeviceAsync(seen, cancellationToken), "root");
        }
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        (await InsideAsync(seen, cancellationToken, "tc", "qdisc", "show")).Contains("qdisc tbf", StringComparison.Ordinal);

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"{receipt.Target} may send no more than {Rate}/s", context, receipt, seen, cancellationToken);

    /// <summary>The interface of the default route: <c>default via 172.18.0.1 dev eth0</c>.</summary>
    private static async Task<string> DeviceAsync(ServiceObservation seen, CancellationToken cancellationToken)
    {
        string[] words = (await InsideAsync(seen, cancellationToken, "ip", "-4", "route", "show", "default")).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int at = Array.IndexOf(words, "dev");
        return at >= 0 && at + 1 < words.Length ? words[at + 1] : throw new PlatformException($"{seen.Name} has no default route", retryable: false);
    }
}

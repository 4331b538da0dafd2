using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>One of a hundred connections to the service is not taken.</summary>
public sealed class OnePercentFault : NetworkFault
{
    private const int Every = 100;

    /// <summary>A lost first packet is sent again after one second (RFC 6298).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(900);

    public override string Name => "one_percent";

    public override string Summary => "Drops the first packet of exactly every hundredth connection to the service (iptables statistic, mode nth).";

    public override string BlastRadius => "One request in a hundred takes a second longer, or fails where that is too long; all others work.";

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(receipt.Target, cancellationToken);
        await AddRuleAsync(seen, receipt, cancellationToken, "filter", "INPUT", "-p", "tcp", "--dport", receipt.Values["port"], "--syn",
            "-m", "statistic", "--mode", "nth", "--every", Every.ToString(CultureInfo.InvariantCulture), "--packet", "0", "-j", "DROP");
    }

    protected override Task<IReadOnlyDictionary<string, string>> PrepareInsideAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>
        {
            ["port"] = PortOf(target).ToString(CultureInfo.InvariantCulture),
            ["url"] = target.Health?.ToString() ?? throw new PlatformException("it declares no address for its health (x-quorate.health)", retryable: false),
        });

    /// <summary>As many requests as are needed for one of them to be lost, each on a connection of its own.</summary>
    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        for (int sent = 0; sent < Every; sent++)
        {
            try
            {
                await context.SendAsync(HttpMethod.Get, new Uri(receipt.Values["url"]), Patience, cancellationToken);
            }
            catch (PlatformException lost)
            {
                return $"request {sent + 1} of {Every} failed: {lost.Message}";
            }
        }
        return null;
    }
}

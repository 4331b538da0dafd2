using System.Text.Json;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>Two services do not reach each other, and everybody else reaches both.</summary>
public sealed class PartitionFault : NetworkFault
{
    public override string Name => "partition";

    public override string Summary => "Drops every packet between the service and the one that keeps its data (iptables in its network namespace).";

    public override string BlastRadius => "Calls to that one service hang until they time out; both run and reach all others, and all data stays.";

    public override string Needs => $"{base.Needs} An environment variable of it names the other service as host.";

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(receipt.Target, cancellationToken);
        await AddRuleAsync(seen, receipt, cancellationToken, "filter", "INPUT", "-s", receipt.Values["address"], "-j", "DROP");
        await AddRuleAsync(seen, receipt, cancellationToken, "filter", "OUTPUT", "-d", receipt.Values["address"], "-j", "DROP");
    }

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareInsideAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        string peer = ServiceAddress.Find(context.Site, target).Select(a => a.Dependency)
            .OrderBy(d => context.Site.Find(d)!.Volumes.Any(v => v.Type == "volume") ? 0 : 1).FirstOrDefault()
            ?? throw new PlatformException("none of its variables names another service as host", retryable: false);
        ServiceObservation other = await context.RunningAsync(peer, cancellationToken);
        JsonElement networks = (await DockerEngine.InspectAsync(context.DockerSocket, other.ContainerId!, cancellationToken)).GetProperty("NetworkSettings").GetProperty("Networks");
        string address = networks.EnumerateObject().Select(n => n.Value.GetProperty("IPAddress").GetString()).FirstOrDefault(a => !string.IsNullOrEmpty(a))
            ?? throw new PlatformException($"{peer} has no address", retryable: false);
        return new Dictionary<string, string> { ["peer"] = peer, ["address"] = address };
    }

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"{receipt.Target} does not reach {receipt.Values["peer"]}", context, receipt, seen, cancellationToken);
}

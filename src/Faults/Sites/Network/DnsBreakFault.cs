using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service asks a name server that is not there.</summary>
public sealed class DnsBreakFault : NetworkFault
{
    private const string Path = "/etc/resolv.conf";

    /// <summary>No name server listens on it; the answer is "connection refused", at once.</summary>
    private const string Wrong = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";

    private static readonly TimeSpan Resetting = TimeSpan.FromSeconds(2);

    public override string Name => "dns_break";

    public override string Summary => "Points /etc/resolv.conf of the container at a name server that does not answer, and resets its connections.";

    public override string BlastRadius => "The service finds no other service by name; what it still had open is gone. Others work, and all data stays.";

    public override string Reverting => "/etc/resolv.conf gets its former content when it still has the wrong one.";

    public override string Resource => FaultResources.Names;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(receipt.Target, cancellationToken);
        // In place: the engine has mounted this very file over the image's.
        await File.WriteAllTextAsync(ContainerFiles.PathOf(seen, Path), Wrong, cancellationToken);
        await AddRuleAsync(seen, receipt, cancellationToken, "filter", "OUTPUT", "!", "-o", "lo", "-p", "tcp", "-m", "conntrack", "--ctdir", "ORIGINAL", "-j", "REJECT", "--reject-with", "tcp-reset");
        await Task.Delay(Resetting, context.Time, cancellationToken);
        await RemoveRulesAsync(seen, receipt, cancellationToken);
    }

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareInsideAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(target.Name, cancellationToken);
        return new Dictionary<string, string> { ["former"] = await File.ReadAllTextAsync(ContainerFiles.PathOf(seen, Path), cancellationToken) };
    }

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        await RemoveRulesAsync(seen, receipt, cancellationToken);
        // Also when only half of it was written.
        if (await IsThereAsync(context, receipt, seen, cancellationToken) || new FileInfo(ContainerFiles.PathOf(seen, Path)).Length == 0)
        {
            await File.WriteAllTextAsync(ContainerFiles.PathOf(seen, Path), receipt.Values["former"], cancellationToken);
        }
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await File.ReadAllTextAsync(ContainerFiles.PathOf(seen, Path), cancellationToken) == Wrong;

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"{receipt.Target} asks a name server that does not answer", context, receipt, seen, cancellationToken);
}

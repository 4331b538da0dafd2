using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The queue holds as much as it may, nobody takes anything out, and the broker refuses what is published.</summary>
public sealed class QueueFullFault : RabbitMqFault
{
    private const string Consumer = "worker";

    /// <summary>What waits; messages that the consumer has been given and not confirmed are not counted.</summary>
    private const string Limit = """{"max-length":1,"overflow":"reject-publish"}""";

    public override string Name => "queue_full";

    public override string Summary => "Gives the queue room for one waiting message (a policy) and stops its consumer's process (SIGSTOP): once the consumer has its share, the broker refuses what is published.";

    public override string BlastRadius => "Orders are accepted with 202 and wait; none is processed; messages and orders stay.";

    public override string Needs => $"Root, a running RabbitMQ broker with a queue {Queue}, and a running {Consumer} in a container.";

    public override string Reverting => "The policy is cleared, and the process is let go on (SIGCONT) when it is still stopped.";

    public override string Resource => FaultResources.Queue;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        await ControlAsync(context, receipt.Target, cancellationToken, "set_policy", "-p", Host, "--apply-to", "queues", receipt.EffectKey, $"^{Queue}$", Limit);
        Native.Stop((await context.RunningAsync(Consumer, cancellationToken)).Pid!.Value);
    }

    public override async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        if (await context.ObserveAsync(Consumer, cancellationToken) is { State: ServiceState.Running, Pid: { } pid } seen && StalledConsumerFault.IsStopped(seen))
        {
            Native.Continue(pid);
        }
        await base.RevertAsync(context, receipt, cancellationToken);
    }

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        [FaultRemedy.Of("restore_config", receipt.Target, ("key", $"policy/{receipt.EffectKey} at {Host}")), FaultRemedy.Of("restart", Consumer)];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        ContainerFiles.RequireRoot(Name);
        return context.Site.Find(Consumer) is not null && await context.RunningAsync(Consumer, cancellationToken) is { Pid: > 1 }
            ? await base.PrepareAsync(context, target, seen, cancellationToken)
            : throw new PlatformException($"there is no {Consumer} with a process here", retryable: false);
    }

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (await HasPolicyAsync(context, receipt, cancellationToken))
        {
            await ControlAsync(context, receipt.Target, cancellationToken, "clear_policy", "-p", Host, receipt.EffectKey);
        }
    }

    protected override Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        HasPolicyAsync(context, receipt, cancellationToken);

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        StalledConsumerFault.IsStopped(await context.ObserveAsync(Consumer, cancellationToken)) ? $"the process of {Consumer} is stopped"
            : await SayIfThereAsync($"queue {Queue} has room for one message", context, receipt, seen, cancellationToken);

    private static async Task<bool> HasPolicyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        (await ListAsync(context, receipt.Target, cancellationToken, "list_policies", "-p", Host)).Any(row => Text(row, "name") == receipt.EffectKey);
}

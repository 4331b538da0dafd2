using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service dies as by a crash.</summary>
public sealed class CrashFault : AwayFault
{
    public override string Name => "crash";

    public override string Summary => "Kills the service's process with SIGKILL, so that it has no time to clean up.";

    public override string Needs => "A running target; on docker the engine's socket.";

    public override string DefaultTarget => "store";

    public override string TargetOn(Site site) => site.Find("store") is null ? "api" : "store";

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(receipt.Target, cancellationToken);
        if (seen.ContainerId is { } container)
        {
            await DockerEngine.KillAsync(context.DockerSocket, container, cancellationToken);
        }
        else if (seen.Pid is > 1 and { } pid)
        {
            Native.Kill(pid);
        }
        else
        {
            throw new PlatformException($"service {receipt.Target} has neither a container nor a process id", retryable: false);
        }
    }
}

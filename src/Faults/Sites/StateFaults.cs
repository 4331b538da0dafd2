using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>What the faults that take a service away have in common: they need it running, and start it again.</summary>
public abstract class AwayFault : ISiteFault
{
    public abstract string Name { get; }

    public abstract string Summary { get; }

    public virtual string Needs => "A running target.";

    public string Reverting => "The service is started again unless it runs already.";

    public abstract string DefaultTarget { get; }

    public IReadOnlyList<string> Platforms { get; } = ["process", "docker"];

    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        await context.RunningAsync(target.Name, cancellationToken);
        return new Dictionary<string, string>();
    }

    public abstract Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken);

    public async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        if (seen.State is ServiceState.Stopped or ServiceState.Missing)
        {
            await context.Platform.StartAsync(receipt.Target, receipt.EffectKey + "-revert", cancellationToken);
        }
    }
}

/// <summary>The service dies as by a crash.</summary>
public sealed class CrashFault : AwayFault
{
    public override string Name => "crash";

    public override string Summary => "Kills the service's process with SIGKILL, so that it has no time to clean up.";

    public override string Needs => "A running target; on docker the engine's socket.";

    public override string DefaultTarget => "store";

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

/// <summary>The service is stopped as by a person who forgot to start it again.</summary>
public sealed class StopFault : AwayFault
{
    public override string Name => "stop";

    public override string Summary => "Stops the service in an orderly way.";

    public override string DefaultTarget => "worker";

    public override Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        context.Platform.StopAsync(receipt.Target, cancellationToken);
}

/// <summary>The service hangs: its ports accept connections and nothing answers.</summary>
public sealed class PauseFault : ISiteFault
{
    public string Name => "pause";

    public string Summary => "Freezes the service (SIGSTOP, or the freezer of its container): it holds its ports and answers nothing.";

    public string Needs => "A running target.";

    public string Reverting => "The service is let go on when it is still frozen.";

    public string DefaultTarget => "api";

    public IReadOnlyList<string> Platforms { get; } = ["process", "docker"];

    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        await context.RunningAsync(target.Name, cancellationToken);
        return new Dictionary<string, string>();
    }

    public Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        context.Platform.PauseAsync(receipt.Target, cancellationToken);

    public async Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.ObserveAsync(receipt.Target, cancellationToken);
        if (seen.State == ServiceState.Paused)
        {
            await context.Platform.UnpauseAsync(receipt.Target, cancellationToken);
        }
    }
}

using Quorate.Contracts;
using Quorate.Models.Panel;

namespace Quorate.Models.Health;

/// <summary>
/// Sends each member of the current panel a heartbeat every ten seconds, less often while it fails, and knows what its calls show in
/// between. Thread-safe.
/// </summary>
/// <param name="panel">Gives the current panel; a hot reload may change it at any time.</param>
/// <param name="time">The clock.</param>
public sealed class HealthMonitor(Func<ModelPanel> panel, TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>One for each member, in the panel's order.</summary>
    public IReadOnlyList<AgentHealth> Snapshot() => [.. panel().Pipelines.Select(p => p.Health.Snapshot())];

    /// <summary>Closes the member's circuit and forgets its failures; it is probed at once and not healthy before that succeeds.</summary>
    /// <exception cref="QuorateException">Input: no such member.</exception>
    public AgentHealth Reset(string member)
    {
        var pipeline = panel().Pipeline(member);
        pipeline.Breaker?.Reset();
        pipeline.Health.Reset();
        return pipeline.Health.Snapshot();
    }

    /// <summary>Probes until it is cancelled. Start it once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        do
        {
            await Task.WhenAll(panel().Pipelines.Where(p => p.Health.IsDue && p.Probe is not null).Select(p => ProbeAsync(p, cancellationToken)));
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Probes every member now; takes at most five seconds.</summary>
    public async Task<IReadOnlyList<AgentHealth>> ProbeAllAsync(CancellationToken cancellationToken)
    {
        var pipelines = panel().Pipelines;
        await Task.WhenAll(pipelines.Select(p => ProbeAsync(p, cancellationToken)));
        return [.. pipelines.Select(p => p.Health.Snapshot())];
    }

    private async Task ProbeAsync(MemberPipeline member, CancellationToken cancellationToken)
    {
        if (member.Probe is not { } probe)
        {
            return;
        }

        using var timer = new CancellationTokenSource(ProbeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        var started = time.GetTimestamp();
        try
        {
            await probe.ProbeAsync(member.Health.CallsFail, either.Token);
            member.Health.Succeed(time.GetElapsedTime(started));
        }
        catch (ModelException error)
        {
            member.Health.FailProbe($"{error.Code}: {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            member.Health.FailProbe($"timeout: no answer to a probe within {ProbeTimeout.TotalSeconds:0} s");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A member's defect must not end the heartbeats of the others.
            member.Health.FailProbe($"internal: {error.Message}");
        }
    }
}

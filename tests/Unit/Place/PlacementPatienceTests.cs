using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Backends;

namespace Quorate.Tests.Unit.Place;

/// <summary>Runs in real time end, whatever stays away.</summary>
public sealed class PlacementPatienceTests
{
    private static readonly ClusterSpec Cluster = Clusters.Of([.. Enumerable.Range(0, 4).Select(i => Clusters.Pool($"a{i}", "general", 1, 4, 4, gpus: i == 0 ? 1 : 0))]);

    private readonly PolledTime _time = new();

    [Fact]
    public async Task Nodes_OutForGood_RunEndsWhenPatienceIsOver()
    {
        var backend = new SimulatedBackend(Cluster, _time);
        backend.FailNode("a0", 0);

        var result = await RunAsync(backend, new PlacementOptions { NodePatienceS = 120 }, new JobSpec { Name = "needs-a0", CpuCores = 1, Gpus = 1, WalltimeS = 10 });

        var job = Assert.Single(result.Jobs);
        Assert.Equal(PlacementOutcome.Failed, job.Outcome);
        Assert.InRange(_time.Now.TotalSeconds, 120, 130);
    }

    [Fact]
    public async Task Nodes_OutWhileOthersRun_AreWaitedForAndUsed()
    {
        var backend = new SimulatedBackend(Cluster, _time);
        backend.FailNode("a0", 0);
        _time.Tick = () =>
        {
            if (_time.Now.TotalSeconds == 300)
            {
                backend.RecoverNode("a0", 0);
            }
        };

        var result = await RunAsync(backend, new PlacementOptions { NodePatienceS = 120 },
            new JobSpec { Name = "needs-a0", CpuCores = 1, Gpus = 1, WalltimeS = 10 }, new JobSpec { Name = "long", CpuCores = 1, WalltimeS = 250 });

        Assert.All(result.Jobs, j => Assert.Equal("completed", j.Execution));
    }

    [Fact]
    public async Task Backend_GoneWhileJobsRun_RunStopsAndSaysSo()
    {
        var backend = new ScriptedBackend();
        _time.Tick = () => backend.Down = _time.Now.TotalSeconds > 5 ? "no controller" : null;

        var result = await RunAsync(backend, new PlacementOptions { Batch = 2 }, new JobSpec { Name = "a", CpuCores = 4 }, new JobSpec { Name = "b", CpuCores = 4 });

        Assert.Equal("the backend cannot be reached: no controller", result.Interrupted);
        Assert.All(result.Jobs, j => Assert.Equal((PlacementOutcome.Placed, "running"), (j.Outcome, j.Execution)));
        Assert.Empty(backend.Cancelled);
        Assert.InRange(_time.Now.TotalSeconds, 60, 80);
    }

    private async Task<PlacementResult> RunAsync(IJobBackend backend, PlacementOptions options, params JobSpec[] jobs)
    {
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = "patience",
            Cluster = Cluster,
            Keys = null,
            Clock = new VirtualClock(),
            Time = _time,
            Backend = _ => backend,
            Options = options,
        });
        return await session.Engine.RunAsync(jobs, TestContext.Current.CancellationToken);
    }
}

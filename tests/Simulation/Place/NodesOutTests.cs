using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Backends;

namespace Quorate.Tests.Simulation.Place;

public sealed class NodesOutTests
{
    private static readonly ClusterSpec Cluster = new()
    {
        Name = "pairs",
        Agents = [.. Enumerable.Range(0, 4).Select(i => new AgentSpec { Name = $"a{i}", Speciality = "general", Nodes = 2, Node = new NodeSpec { CpuCores = 4, MemoryGb = 4, Gpus = i == 0 ? 1 : 0 } })],
    };

    [Fact]
    public async Task NodeOut_FromTheStart_TakesNoJobUntilItIsBack()
    {
        var time = new VirtualJobTime();
        var backend = new SimulatedBackend(Cluster, time);
        time.NextEnd = () => backend.NextEnd;
        backend.FailNode("a0", 0);
        var ended = new List<PlacedJob>();
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = "nodes",
            Cluster = Cluster,
            Keys = null,
            Clock = new VirtualClock(),
            Time = time,
            Backend = _ => backend,
            Observer = new Watcher(ended, () => backend.RecoverNode("a0", 0)),
            Options = new PlacementOptions { Batch = 8 },
        });

        // Each needs a GPU: two nodes have one.
        var result = await session.Engine.RunAsync([.. Enumerable.Range(0, 6).Select(i => new JobSpec { Name = $"j{i}", CpuCores = 4, Gpus = 1, WalltimeS = 100, RuntimeS = 50 })], TestContext.Current.CancellationToken);

        Assert.All(result.Jobs, j => Assert.Equal(("completed", 0), (j.Execution, j.Replaced)));
        Assert.Equal(["a0-1", "a0-1"], ended.Take(2).SelectMany(j => j.Nodes));
        Assert.Equal(2, ended.Count(j => j.Nodes.Contains("a0-0")));
        // One at a time; that the other is back at 100 is seen with the next end, and from 150 on there are two.
        Assert.Equal(250, time.Now.TotalSeconds);
    }

    private sealed class Watcher(List<PlacedJob> ended, Action afterTwo) : IPlacementObserver
    {
        public void On(PlacementProgress progress)
        {
            if (progress.Job is { Execution: "completed" } job)
            {
                ended.Add(job);
                if (ended.Count == 2)
                {
                    afterTwo();
                }
            }
        }
    }
}

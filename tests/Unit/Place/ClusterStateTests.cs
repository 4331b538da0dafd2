using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Tests.Unit.Place;

public class ClusterStateTests
{
    private const int Runs = 20;
    private const int Steps = 150;

    [Fact]
    public void RandomSequences_AllocateReleaseFail_NeverOverCommit()
    {
        foreach (var (random, state, model) in Walks())
        {
            for (var step = 0; step < Steps; step++)
            {
                Step(random, state, model, step);
                model.AssertEqual(state);
            }

            foreach (var job in model.Jobs.Keys.ToList())
            {
                Assert.True(state.Release(job));
            }

            Assert.Equal(default, state.Used);
        }
    }

    [Fact]
    public void Choice_RandomStates_IsTheFewestNodesThatHoldTheJob()
    {
        foreach (var (random, state, model) in Walks())
        {
            for (var step = 0; step < Steps; step++)
            {
                Step(random, state, model, step);
                var needs = Clusters.RandomNeeds(random);
                for (var pool = 0; pool < state.Pools.Count; pool++)
                {
                    Assert.Equal(model.Fewest(pool, needs), state.Pools[pool].FewestNodes(needs));
                }

                Assert.Equal(Enumerable.Range(0, state.Pools.Count).Any(p => model.Fewest(p, needs) > 0), state.Choose(needs) is not null);
            }
        }
    }

    [Fact]
    public void Choice_SameStateByAnotherWay_IsTheSame()
    {
        var spec = Clusters.Of(Clusters.Pool("a", "general", 40, 8, 8));
        var (one, other) = (new ClusterState(spec), new ClusterState(spec));
        Resources[] shares = [new(3, 0, 0, 0), new(5, 0, 0, 0), new(7, 0, 0, 0)];
        for (var i = 0; i < 30; i++)
        {
            one.Allocate($"j{i}", new Placement(0, [i], shares[i % 3]));
            other.Allocate($"j{29 - i}", new Placement(0, [29 - i], shares[(29 - i) % 3]));
        }

        foreach (var needs in (Resources[])[new(1, 0, 0, 0), new(4, 0, 0, 0), new(40, 9000, 0, 0), new(90, 0, 0, 0)])
        {
            Assert.Equal(one.Choose(needs)!.Nodes, other.Choose(needs)!.Nodes);
        }
    }

    [Fact]
    public void Choice_JobWithoutGpus_LeavesGpusFree()
    {
        var state = new ClusterState(Clusters.Of(Clusters.Pool("gpu", "gpu", 4, 64, 256, gpus: 8), Clusters.Pool("cpu", "compute", 4, 64, 256), Clusters.Pool("mem", "memory", 4, 32, 1024)));
        Assert.Equal(1, state.Choose(new Resources(32, 1024, 0, 0))!.Pool);
        Assert.Equal(0, state.Choose(new Resources(8, 1024, 2, 0))!.Pool);
        Assert.Equal(2, state.Choose(new Resources(8, 400 * 1024, 0, 0))!.Pool);
        state.PoolDown(1);
        Assert.NotEqual(1, state.Choose(new Resources(32, 1024, 0, 0))!.Pool);
    }

    [Fact]
    public void Choice_EqualPools_FollowsTheSpeciality()
    {
        var state = new ClusterState(Clusters.Of(Clusters.Pool("a", "general", 4, 8, 8), Clusters.Pool("b", "memory", 4, 8, 8), Clusters.Pool("c", "compute", 4, 8, 8)));
        Assert.Equal(2, state.Choose(new Resources(2, 1, 0, 0))!.Pool);
        Assert.Equal(1, state.Choose(new Resources(1, 4096, 0, 0))!.Pool);
    }

    [Fact]
    public void Allocate_TooMuchTwiceOrDown_ThrowsAndChangesNothing()
    {
        var state = new ClusterState(Clusters.Of(Clusters.Pool("a", "general", 3, 4, 8)));
        state.Allocate("j", new Placement(0, [0], new Resources(3, 0, 0, 0)));
        state.NodeDown(0, 2);
        var free = state.Nodes.Free;
        foreach (var wrong in (Placement[])[
            new(0, [1, 0], new Resources(2, 0, 0, 0)), new(0, [1, 1], new Resources(3, 0, 0, 0)), new(0, [1, 2], new Resources(1, 0, 0, 0)), new(0, [1], new Resources(1, -1, 0, 0))])
        {
            Assert.Throws<InvalidOperationException>(() => state.Allocate("k", wrong));
            Assert.Equal(free, state.Nodes.Free);
        }

        Assert.Throws<InvalidOperationException>(() => state.Allocate("j", new Placement(0, [1], new Resources(1, 0, 0, 0))));
    }

    [Fact]
    public void Failures_NodeAndPool_LoseTheirJobsAndComeBack()
    {
        var state = new ClusterState(Clusters.Of(Clusters.Pool("a", "general", 3, 4, 8), Clusters.Pool("b", "general", 1, 4, 8)));
        state.Allocate("wide", new Placement(0, [0, 1], new Resources(4, 0, 0, 0)));
        state.Allocate("other", new Placement(0, [2], new Resources(1, 0, 0, 0)));
        Assert.Equal(["wide"], state.NodeDown(0, 1).Select(a => a.Job));
        Assert.Equal(new Resources(1, 0, 0, 0), state.Used);
        Assert.Equal(1.0 / 12, state.Utilisation(0));
        Assert.Equal(["other"], state.PoolDown(0).Select(a => a.Job));
        Assert.Equal(4, state.Nodes.Free.CpuCores);
        state.PoolUp(0);
        Assert.Equal(12, state.Nodes.Free.CpuCores);
        state.SetNode(0, 1, isUp: true);
        Assert.Equal(16, state.Nodes.Free.CpuCores);
        Assert.False(state.Release("wide"));
    }

    [Fact]
    public void Shortages_LargerThanEveryPool_SayWhatIsMissingWhere()
    {
        var state = new ClusterState(Clusters.Of(Clusters.Pool("a", "general", 2, 4, 8), Clusters.Pool("b", "gpu", 1, 4, 8, gpus: 2)));
        Assert.Empty(state.Nodes.Shortages(new Resources(8, 0, 0, 0)));
        Assert.Equal(["a lacks 1 core", "a lacks 1 GPU", "b lacks 5 cores"], state.Nodes.Shortages(new Resources(9, 0, 1, 0)).Select(s => s.ToString()));
    }

    /// <summary>Where each random walk begins.</summary>
    private static IEnumerable<(Random Random, ClusterState State, Model Model)> Walks()
    {
        for (var seed = 0; seed < Runs; seed++)
        {
            var random = new Random(seed);
            var spec = Clusters.Random(random);
            yield return (random, new ClusterState(spec), new Model(spec));
        }
    }

    private static void Step(Random random, ClusterState state, Model model, int step)
    {
        var pool = random.Next(state.Pools.Count);
        var node = random.Next(state.Pools[pool].Count);
        switch (random.Next(20))
        {
            case 0: model.Lose(state.NodeDown(pool, node), pool, node); break;
            case 1: model.Down.Add((pool, node)); state.SetNode(pool, node, isUp: false); break;
            case 2 or 3: model.Down.Remove((pool, node)); state.SetNode(pool, node, isUp: true); break;
            case 4: model.Lose(state.PoolDown(pool), pool, null); break;
            case 5 or 6: model.PoolsDown.Remove(pool); state.PoolUp(pool); break;
            case 7 or 8 or 9 when model.Jobs.Count > 0:
                var job = model.Jobs.Keys.ElementAt(random.Next(model.Jobs.Count));
                Assert.True(state.Release(job));
                model.Jobs.Remove(job);
                break;
            default:
                if (state.Choose(Clusters.RandomNeeds(random)) is { } placement)
                {
                    state.Allocate($"j{step}", placement, TimeSpan.FromSeconds(random.Next(50)));
                    model.Jobs.Add($"j{step}", placement);
                }

                break;
        }
    }

    /// <summary>The same, kept in the simplest way: all sums are made anew.</summary>
    private sealed class Model(ClusterSpec spec)
    {
        public Dictionary<string, Placement> Jobs { get; } = [];

        public HashSet<(int Pool, int Node)> Down { get; } = [];

        public HashSet<int> PoolsDown { get; } = [];

        public void Lose(IReadOnlyList<Allocation> lost, int pool, int? node)
        {
            var expected = Jobs.Where(j => j.Value.Pool == pool && (node is null || j.Value.Nodes.Contains(node.Value))).Select(j => j.Key).Order(StringComparer.Ordinal).ToList();
            Assert.Equal(expected, lost.Select(a => a.Job).Order(StringComparer.Ordinal));
            expected.ForEach(j => Jobs.Remove(j));
            _ = node is { } n ? Down.Add((pool, n)) : PoolsDown.Add(pool);
        }

        public void AssertEqual(ClusterState state)
        {
            Assert.Equal(Jobs.Count, state.Running.Count);
            Assert.Equal(Jobs.Values.Aggregate(default(Resources), (sum, p) => sum + p.Total), state.Used);
            Assert.Equal(state.Running.Select(a => a.EndsBy).Order(), state.Running.Select(a => a.EndsBy));
            for (var pool = 0; pool < spec.Agents.Count; pool++)
            {
                var free = Enumerable.Range(0, spec.Agents[pool].Nodes).Select(n => FreeOn(pool, n)).ToList();
                Assert.DoesNotContain(free, f => !default(Resources).Fits(f));
                Assert.Equal(free, Enumerable.Range(0, free.Count).Select(n => state.Pools[pool].FreeOn(n)));
                Assert.Equal(Up(pool).Aggregate(default(Resources), (sum, n) => sum + free[n]), state.Pools[pool].Free);
                Assert.Equal(Up(pool).Count(), state.Pools[pool].NodesUp);
            }
        }

        public int Fewest(int pool, Resources needs) =>
            Enumerable.Range(1, spec.Agents[pool].Nodes).FirstOrDefault(k => Up(pool).Count(n => needs.Share(k).Fits(FreeOn(pool, n))) >= k);

        private IEnumerable<int> Up(int pool) => PoolsDown.Contains(pool) ? [] : Enumerable.Range(0, spec.Agents[pool].Nodes).Where(n => !Down.Contains((pool, n)));

        private Resources FreeOn(int pool, int node) =>
            Jobs.Values.Where(p => p.Pool == pool && p.Nodes.Contains(node)).Aggregate(spec.Agents[pool].Node.Has(), (free, p) => free - p.Share);
    }
}

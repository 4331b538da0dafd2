using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Hierarchy;
using static Quorate.Tests.Unit.Protocol.Hierarchy.Organisations;

namespace Quorate.Tests.Unit.Protocol.Hierarchy;

public class JobGraphTests
{
    [Fact]
    public void Of_Diamond_ComplexityAndSlackAreKnown()
    {
        var graph = JobGraph.Of(Task(
            Job("in", "io", 10) with { DataGb = 4 },
            Job("slow", "cpu", 30, "in") with { DataGb = 1 },
            Job("fast", "cpu", 5, "in"),
            Job("out", "io", 20, "slow", "fast")));
        var complexity = ComplexityAnalysis.Of(graph);
        Assert.Equal((4, 4, 3, 2), (complexity.Size, complexity.Edges, complexity.Depth, complexity.Width));
        Assert.Equal((60, 65, 9), (complexity.CriticalPathS, complexity.WorkS, complexity.DataGb));
        Assert.Equal(["in", "slow", "out"], complexity.CriticalPath);
        Assert.Equal(1, complexity.Heterogeneity, 12);
        Assert.Equal([0, 0, 25, 0], Enumerable.Range(0, 4).Select(graph.Slack));
    }

    [Fact]
    public void Heterogeneity_OneKindAndUnequalKinds_ZeroAndBetween()
    {
        Assert.Equal(0, ComplexityAnalysis.Of(JobGraph.Of(Task(Job("a", "x", 1), Job("b", "x", 1)))).Heterogeneity);
        var uneven = ComplexityAnalysis.Of(JobGraph.Of(Task(Job("a", "x", 1), Job("b", "x", 1), Job("c", "x", 1), Job("d", "y", 1)))).Heterogeneity;
        Assert.Equal(0.811278, uneven, 6);
    }

    [Fact]
    public void Lanes_RandomGraphs_AsManyAsJobsOfASkillOverlap()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var graph = JobGraph.Of(RandomTask(new Random(seed), 30, equalLoads: true));
            var lanes = WorkerLanes.Of(graph);
            Assert.Equal(Enumerable.Range(0, 30), lanes.SelectMany(l => l).Order());
            Assert.All(lanes, lane => Assert.All(lane.Zip(lane.Skip(1)), p => Assert.True(graph.Finish(p.First) <= graph.Start[p.Second])));
            foreach (var skill in lanes.GroupBy(l => graph.Jobs[l[0]].Skill))
            {
                var jobs = skill.SelectMany(l => l).ToList();
                Assert.Equal(jobs.Max(at => jobs.Count(j => graph.Start[j] <= graph.Start[at] && graph.Finish(j) > graph.Start[at])), skill.Count());
            }
        }
    }

    [Fact]
    public void Of_Circle_NamesTheJobsOnIt()
    {
        var error = Assert.Throws<QuorateException>(() => JobGraph.Of(Task(
            Job("free", "s", 1), Job("x", "s", 1, "z", "free"), Job("y", "s", 1, "x"), Job("z", "s", 1, "y"), Job("behind", "s", 1, "z"))));
        Assert.Equal("jobs_cyclic", error.Code);
        Assert.Contains("in a circle: x -> y -> z -> x", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_JobThatWaitsForItself_IsACircle() =>
        Assert.Contains("a -> a", Assert.Throws<QuorateException>(() => JobGraph.Of(Task(Job("a", "s", 1, "a")))).Message, StringComparison.Ordinal);

    [Fact]
    public void Of_RandomCircles_NamedInTheOrderOfTheirDependencies()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var jobs = Enumerable.Range(0, 12).Select(i => Job($"j{i}", "s", 1, [.. Enumerable.Range(0, 12).Where(_ => random.Next(6) == 0).Select(j => $"j{j}")])).ToArray();
            try
            {
                var order = JobGraph.Of(Task(jobs)).Order.ToList();
                Assert.All(jobs.Index(), j => Assert.All(j.Item.DependsOn, d => Assert.True(order.IndexOf(int.Parse(d[1..])) < order.IndexOf(j.Index))));
            }
            catch (QuorateException error)
            {
                var circle = error.Message.Split(": ")[1].Split(" -> ");
                Assert.Equal(circle[0], circle[^1]);
                Assert.All(circle.Zip(circle.Skip(1)), p => Assert.Contains(p.First, jobs.Single(j => j.Name == p.Second).DependsOn));
            }
        }
    }

    public static TheoryData<OrganiseJob[], string> WrongJobs => new()
    {
        { [], "jobs has 0 entries; 1 to 1000" },
        { [Job("a", "s", 1), Job("a", "s", 1)], "jobs[1].name is 'a'; a name that no other job has" },
        { [Job("a", "s", 1, "b")], "jobs[0].depends_on names 'b'" },
        { [Job("a", "s", 1), Job("b", "s", 1, "a", "a")], "jobs[1].depends_on names a job twice" },
        { [Job("a", "s", 0)], "jobs[0].duration_s is 0" },
        { [Job("a", "s", double.NaN)], "jobs[0].duration_s is NaN" },
        { [Job("a", "s", 1) with { DataGb = -1 }], "jobs[0].data_gb is -1" },
        { [Job("a", "s", 1) with { Load = 0 }], "jobs[0].load is 0" },
        { [.. Enumerable.Range(0, 1001).Select(i => Job($"j{i}", "s", 1))], "jobs has 1001 entries" },
    };

    [Theory]
    [MemberData(nameof(WrongJobs), DisableDiscoveryEnumeration = true)]
    public void Of_WrongJobs_NamesFieldAndValue(OrganiseJob[] jobs, string expected)
    {
        var error = Assert.Throws<QuorateException>(() => JobGraph.Of(Task(jobs)));
        Assert.Equal((ErrorKind.Input, "task_invalid"), (error.Kind, error.Code));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}

using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Metrics;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Triage;

public sealed class TaskGraphEditDistanceTests
{
    private static readonly PlanTask[] Old =
    [
        Step("a", "check_logs", "api"), Step("b", "check_metrics", "api", ["a"]), Step("c", "restart", "api", ["b"]), Step("d", "check_health", "api", ["c"]),
    ];

    [Fact]
    public void Compute_InsertionInTheMiddle_IsSevenOverSeven()
    {
        PlanTask[] after =
        [
            Step("1", "check_logs", "api"), Step("2", "check_metrics", "api", ["1"]), Step("3", "set_env", "api", ["2"], ("name", "DB_HOST")),
            Step("4", "restart", "api", ["3"]), Step("5", "check_health", "api", ["4"]),
        ];

        var distance = TaskGraphEditDistance.Compute(Old, after);

        Assert.Equal(7, distance.Edits);
        Assert.Equal(1.0, distance.Value);
        Assert.Equal(7.0 / 53, distance.Bounded, 12);
        Assert.True(distance.Exact);
    }

    [Fact]
    public void Compute_SameTasksWithOtherIds_IsZero()
    {
        PlanTask[] renamed = [.. Old.Select(t => t with { TaskId = "x" + t.TaskId, Dependencies = [.. t.Dependencies.Select(d => "x" + d)] })];
        Assert.Equal(0, TaskGraphEditDistance.Compute(Old, renamed).Edits);
    }

    [Fact]
    public void Compute_ChangedArgument_IsDeletionAndInsertion()
    {
        PlanTask[] before = [Step("a", "check_logs", "api", null, ("top_k", 5))];
        PlanTask[] after = [Step("a", "check_logs", "api", null, ("top_k", 6))];
        Assert.Equal(2, TaskGraphEditDistance.Compute(before, after).Edits);
    }

    [Fact]
    public void Compute_DeepNodes_WeighAtMostSixteen()
    {
        PlanTask[] chain = [.. Enumerable.Range(0, 7).Select(i => Step($"t{i}", "check_logs", "api", i == 0 ? null : [$"t{i - 1}"], ("top_k", i + 1)))];
        var distance = TaskGraphEditDistance.Compute(chain, []);
        Assert.Equal(1 + 2 + 4 + 8 + 16 + 16 + 16 + 6, distance.Edits);
        Assert.Equal(1.0, distance.Bounded);
    }

    [Fact]
    public void Compute_IdenticalNodes_AreMatchedSoThatTheSumIsSmallest()
    {
        // Two equal checks; only the one before the restart keeps its edge when matched well.
        PlanTask[] before = [Step("a", "check_logs", "api"), Step("b", "check_logs", "api"), Step("c", "restart", "api", ["a"])];
        PlanTask[] after = [Step("b", "check_logs", "api"), Step("a", "check_logs", "api"), Step("c", "restart", "api", ["a"])];
        Assert.Equal(0, TaskGraphEditDistance.Compute(before, after).Edits);
    }

    [Fact]
    public void Compute_AgreesWithTryingEveryMatching()
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var (before, after) = (RandomPlan(random), RandomPlan(random));
            Assert.Equal(BruteForce(before, after), TaskGraphEditDistance.Compute(before, after).Edits);
        }
    }

    [Fact]
    public void Compute_Cycle_Throws() =>
        Assert.Throws<ArgumentException>(() => TaskGraphEditDistance.Compute([Step("a", "restart", "api", ["b"]), Step("b", "restart", "api", ["a"])], Old));

    private static PlanTask[] RandomPlan(Random random) =>
    [
        .. Enumerable.Range(0, random.Next(0, 6)).Select(i => Step(
            $"t{i}", random.Next(2) == 0 ? "check_logs" : "restart", random.Next(2) == 0 ? "api" : "store",
            [.. Enumerable.Range(0, i).Where(_ => random.Next(3) == 0).Select(d => $"t{d}")])),
    ];

    /// <summary>Every partial one-to-one matching of equal nodes, straight from the definition.</summary>
    private static int BruteForce(PlanTask[] before, PlanTask[] after)
    {
        var (oldDepth, newDepth) = (Depths(before), Depths(after));
        return Try(0, []);

        int Try(int node, Dictionary<string, string> match)
        {
            if (node == before.Length)
            {
                return Cost(match);
            }

            var best = Try(node + 1, match);
            foreach (var candidate in after.Where(t => !match.ContainsValue(t.TaskId) && t.Type == before[node].Type && t.Target == before[node].Target))
            {
                best = Math.Min(best, Try(node + 1, new Dictionary<string, string>(match) { [before[node].TaskId] = candidate.TaskId }));
            }

            return best;
        }

        int Cost(Dictionary<string, string> match)
        {
            var nodes = before.Where(t => !match.ContainsKey(t.TaskId)).Sum(t => Weight(oldDepth[t.TaskId]))
                + after.Where(t => !match.ContainsValue(t.TaskId)).Sum(t => Weight(newDepth[t.TaskId]));
            var oldEdges = before.SelectMany(t => t.Dependencies.Select(d => (match.GetValueOrDefault(d, "-" + d), match.GetValueOrDefault(t.TaskId, "-" + t.TaskId)))).ToHashSet();
            var newEdges = after.SelectMany(t => t.Dependencies.Select(d => (d, t.TaskId))).ToHashSet();
            return nodes + oldEdges.Count(e => !newEdges.Contains(e)) + newEdges.Count(e => !oldEdges.Contains(e));
        }

        static int Weight(int depth) => Math.Min(1 << depth, 16);

        static Dictionary<string, int> Depths(PlanTask[] tasks)
        {
            var depths = new Dictionary<string, int>();
            foreach (var task in tasks)
            {
                depths[task.TaskId] = task.Dependencies.Select(d => depths[d] + 1).DefaultIfEmpty(0).Max();
            }

            return depths;
        }
    }
}

using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Queueing;
using Quorate.Engine.Place.Workloads;

namespace Quorate.Tests.Unit.Place;

public class ReplayTests
{
    /// <summary>
    /// Four processors. Name: submission, processors, run time = walltime.
    ///   a: 0, 2, 10    b: 1, 4, 5    c: 2, 1, 8    d: 3, 2, 4    e: 4, 1, 20
    /// </summary>
    private static readonly JobSpec[] Five = [Job("a", 0, 2, 10), Job("b", 1, 4, 5), Job("c", 2, 1, 8), Job("d", 3, 2, 4), Job("e", 4, 1, 20)];

    [Fact]
    public void Fifo_HandComputed_WaitsBehindTheFirst()
    {
        // proc 0 |aaaaaaaaaabbbbbccccccccccc…   a 0–10, b 10–15, then c (1), d (2) and e (1) fit together at 15:
        // proc 1 |aaaaaaaaaabbbbbdddd           c 15–23, d 15–19, e 15–35
        // proc 2 |..........bbbbbdddd
        // proc 3 |..........bbbbbeeeeeeeeeeeeeeeeeeee
        var result = Replay(Clusters.Processors(4), Five, With(QueuePolicy.Fifo));
        Assert.Equal([("a", 0.0), ("b", 10), ("c", 15), ("d", 15), ("e", 15)], Starts(result));
        // 20 + 20 + 8 + 8 + 20 processor-seconds of 4 × 35; waits 0, 9, 13, 12, 11.
        Assert.Equal(76.0 / 140, result.Metrics.Utilisation, 12);
        Assert.Equal(9, result.Metrics.MeanWaitS, 12);
        // Bounded slowdowns, τ = 10: a 10/10, b 14/10, c 21/10, d 16/10, e 31/20.
        Assert.Equal((1 + 1.4 + 2.1 + 1.6 + 1.55) / 5, result.Metrics.MeanBoundedSlowdown, 12);
        Assert.Equal(2.1, result.Metrics.P95BoundedSlowdown, 12);
        Assert.Equal(35, result.Metrics.MakespanS);
    }

    [Fact]
    public void Easy_HandComputed_FillsTheHoleWithoutDelayingTheFirst()
    {
        // proc 0 |aaaaaaaaaabbbbb               b is reserved for 10. c ends at 2+8 = 10 and may go; d (2) does not fit beside a and c at 3;
        // proc 1 |aaaaaaaaaabbbbb               e would end at 24, after 10, and b needs all four: it waits.
        // proc 2 |..ccccccccbbbbbdddd           At 15 d and e start.
        // proc 3 |..........bbbbb
        var result = Replay(Clusters.Processors(4), Five, With(QueuePolicy.Easy));
        Assert.Equal([("a", 0.0), ("b", 10), ("c", 2), ("d", 15), ("e", 15)], Starts(result));
    }

    [Fact]
    public void Easy_NodesLeftOver_BackfillsLongJobsThere()
    {
        // Four processors: a (2) to 10; b needs 3 at 10: one is left over then. x (1, 100 s) may take it, y (1, 100 s) may not.
        JobSpec[] jobs = [Job("a", 0, 2, 10), Job("b", 1, 3, 5), Job("x", 2, 1, 100), Job("y", 3, 1, 100)];
        var result = Replay(Clusters.Processors(4), jobs, With(QueuePolicy.Easy));
        Assert.Equal([("a", 0.0), ("b", 10), ("x", 2), ("y", 15)], Starts(result));
    }

    [Fact]
    public void Ours_HandComputed_BackfillsTheShorterFirst()
    {
        // a (3) to 20; b needs all four at 20. Of m (15 s) and n (5 s), both there at 2, one fits: EASY takes m, ours n, and m after it only if it ends by 20.
        JobSpec[] jobs = [Job("a", 0, 3, 20), Job("b", 1, 4, 5), Job("m", 2, 1, 15), Job("n", 2, 1, 5)];
        Assert.Equal([("a", 0.0), ("b", 20), ("m", 2), ("n", 25)], Starts(Replay(Clusters.Processors(4), jobs, With(QueuePolicy.Easy))));
        Assert.Equal([("a", 0.0), ("b", 20), ("m", 25), ("n", 2)], Starts(Replay(Clusters.Processors(4), jobs, With(QueuePolicy.Ours))));
    }

    [Fact]
    public void Ours_PriorityAndAgeing_DecideTheOrder()
    {
        // One processor, busy to 7200. high came an hour and a second after low, which has aged one priority more by then; higher came ten minutes after it.
        JobSpec[] jobs = [Job("busy", 0, 1, 7200), Job("low", 1, 1, 10), Job("high", 3602, 1, 10) with { Priority = 1 }, Job("higher", 601, 1, 10) with { Priority = 1 }];
        Assert.Equal(["busy", "higher", "low", "high"], Replay(Clusters.Processors(1), jobs, With(QueuePolicy.Ours)).Jobs.Select(j => j.Job.Name));
    }

    [Theory]
    [InlineData(QueuePolicy.Fifo)]
    [InlineData(QueuePolicy.Easy)]
    [InlineData(QueuePolicy.Ours)]
    public void AnyPolicy_RandomTraces_RunsEveryJobThatFitsOnceAndInTime(QueuePolicy policy)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var cluster = Clusters.Random(random);
            var jobs = RandomJobs(random, 80, exact: false);
            var result = Replay(cluster, jobs, With(policy));
            var fits = jobs.Where(j => cluster.Agents.Any(a => j.Needs().Fits(a.Node.Has() * a.Nodes))).Select(j => j.Name).ToHashSet();
            Assert.Equal(fits.Order(StringComparer.Ordinal), result.Jobs.Select(j => j.Job.Name).Order(StringComparer.Ordinal));
            Assert.Equal(jobs.Count - fits.Count, result.Rejected.Count);
            Assert.Empty(result.NeverStarted);
            Assert.All(result.Jobs, j => Assert.True(j.StartS >= j.Job.SubmitS && j.EndS - j.StartS == j.Job.RuntimeS));
        }
    }

    [Fact]
    public void Fifo_RandomTraces_StartsInTheOrderOfSubmission()
    {
        var jobs = RandomJobs(new Random(7), 200, exact: false);
        var result = Replay(Clusters.Processors(24), jobs, With(QueuePolicy.Fifo));
        var starts = result.Jobs.ToDictionary(j => j.Job.Name, j => j.StartS);
        var inOrder = jobs.Where(j => starts.ContainsKey(j.Name)).OrderBy(j => j.SubmitS).Select(j => starts[j.Name]).ToList();
        Assert.Equal(inOrder.Order(), inOrder);
    }

    [Theory]
    [InlineData(QueuePolicy.Easy)]
    [InlineData(QueuePolicy.Ours)]
    public void Backfill_ExactEstimates_NeverDelaysAReservation(QueuePolicy policy)
    {
        var promised = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var cluster = Clusters.Random(random);
            var promises = new Dictionary<string, TimeSpan>();
            var result = PromisedReplay.Run(cluster, RandomJobs(random, 80, exact: true), policy, promises);
            Assert.All(result.Where(r => promises.ContainsKey(r.Key)), r => Assert.True(r.Value <= promises[r.Key], $"seed {seed}: {r.Key} was promised {promises[r.Key]} and started at {r.Value}"));
            promised += promises.Count;
        }

        Assert.True(promised > 100);
    }

    [Fact]
    public void Approve_Refused_IsProposedAgainAndOthersGoOn()
    {
        var asked = new List<string>();
        var result = Replay(Clusters.Processors(4), Five, With(QueuePolicy.Easy) with
        {
            Approve = (_, starts) =>
            {
                asked.AddRange(starts.Select(s => s.Job.Name));
                return [.. starts.Select(s => s.Job.Name != "c")];
            },
        });
        Assert.Equal(["c"], result.NeverStarted);
        Assert.True(asked.Count(n => n == "c") > 1);
        Assert.Equal(4, result.Jobs.Count);
        Assert.Equal(asked.Count, result.Decisions);
    }

    [Fact]
    public void Dependencies_InATrace_AreKept()
    {
        JobSpec[] jobs = [Job("first", 0, 1, 10), Job("second", 0, 1, 5) with { DependsOn = ["first"] }, Job("late", 30, 1, 5) with { DependsOn = ["second"] }, Job("huge", 0, 99, 1), Job("lost", 0, 1, 1) with { DependsOn = ["huge"] }];
        var result = Replay(Clusters.Processors(4), jobs, With(QueuePolicy.Ours));
        Assert.Equal([("first", 0.0), ("late", 30), ("second", 10)], Starts(result));
        Assert.Equal(["huge", "lost"], result.Rejected.Order(StringComparer.Ordinal));
    }

    internal static JobSpec Job(string name, long submit, long cores, long seconds) => new() { Name = name, CpuCores = cores, SubmitS = submit, WalltimeS = seconds, RuntimeS = seconds };

    internal static List<JobSpec> RandomJobs(Random random, int count, bool exact) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var needs = Clusters.RandomNeeds(random);
        var walltime = random.Next(1, 200);
        return new JobSpec
        {
            Name = $"j{i}",
            CpuCores = needs.CpuCores,
            MemoryGb = needs.MemoryMb / 1024m,
            Gpus = needs.Gpus,
            StorageGb = needs.StorageGb,
            SubmitS = random.Next(0, 400),
            WalltimeS = walltime,
            RuntimeS = exact ? walltime : random.Next(0, walltime + 1),
            User = $"u{i % 7}",
        };
    })];

    private static ReplayResult Replay(ClusterSpec cluster, IReadOnlyList<JobSpec> jobs, ReplayOptions options) =>
        WorkloadReplay.Run(cluster, jobs, options, TestContext.Current.CancellationToken);

    private static ReplayOptions With(QueuePolicy policy) => new() { Queue = new QueueOptions { Policy = policy } };

    private static IEnumerable<(string, double)> Starts(ReplayResult result) => result.Jobs.Select(j => (j.Job.Name, j.StartS)).OrderBy(j => j.Name, StringComparer.Ordinal);
}

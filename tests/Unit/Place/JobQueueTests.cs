using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;

namespace Quorate.Tests.Unit.Place;

public class JobQueueTests
{
    private readonly ClusterState _cluster = new(Clusters.Processors(4));
    private readonly JobQueue _queue = new(Clusters.Processors(4));

    [Fact]
    public void Requeued_BesideJobsThatNeverStarted_GoesFirst()
    {
        Add("old", cores: 2, submitted: 0, priority: 100);
        Add("lost", cores: 2, submitted: 50, requeued: true);
        Add("older", cores: 2, submitted: 1, priority: 100);
        Add("lost too", cores: 1, submitted: 40, requeued: true);

        Assert.Equal(["lost too", "lost"], Names(60));
        _queue.Remove("lost too");
        _queue.Remove("lost");
        Assert.Equal(["old", "older"], Names(60));
    }

    [Fact]
    public void Requeued_ThatDoesNotFit_HasTheReservationAndOthersFillTheHole()
    {
        _cluster.Allocate("running", new Placement(0, [0, 1], new(1, 0, 0, 0)), TimeSpan.FromSeconds(100));
        Add("lost", cores: 4, submitted: 0, requeued: true);
        Add("long", cores: 1, submitted: 0, priority: 100, walltime: 1000);
        Add("short", cores: 1, submitted: 0, walltime: 30);
        Add("lost and short", cores: 1, submitted: 1, requeued: true, walltime: 50);

        // Until 100 two are free: what was lost goes before what would be shorter, and the long one would delay the first.
        Assert.Equal(["lost and short", "short"], Names(10));
        Assert.Equal(TimeSpan.FromSeconds(100), _queue.Explain(TimeSpan.FromSeconds(10), _cluster)[0].StartsBy);
    }

    [Fact]
    public void Finished_BadlyAtTheHeadOfALongChain_TakesAllOfItAlong()
    {
        const int Length = 100_000;
        for (var i = 1; i <= Length; i++)
        {
            Add($"j{i}", cores: 1, submitted: 0, needed: $"j{i - 1}");
        }

        Assert.Equal(Enumerable.Range(1, Length).Select(i => $"j{i}"), _queue.Finish("j0", succeeded: false));
        Assert.Equal(0, _queue.Count);
    }

    private List<string> Names(double now) => [.. _queue.Next(TimeSpan.FromSeconds(now), _cluster).Select(s => s.Job.Name)];

    private void Add(string name, long cores, double submitted, int priority = 0, bool requeued = false, double walltime = 60, string? needed = null) => _queue.Add(new QueuedJob
    {
        Name = name,
        Needs = new(cores, 0, 0, 0),
        Walltime = TimeSpan.FromSeconds(walltime),
        Submitted = TimeSpan.FromSeconds(submitted),
        Priority = priority,
        Requeued = requeued,
        DependsOn = needed is null ? [] : [needed],
    });
}

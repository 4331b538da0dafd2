using Quorate.Contracts.Plans;
using Quorate.Harness.Metrics;
using Quorate.Harness.Records;

namespace Quorate.Tests.Unit.Harness;

public class ReplansTests
{
    [Fact]
    public void Of_StepInserted_IsTheDistanceByHand()
    {
        var (replans, _) = Replans.Of([Commit(1, 900, "check_logs", "check_metrics", "restart", "check_health"), Commit(2, 2_800, "check_logs", "check_metrics", "set_env", "restart", "check_health")], null, [1_000]);
        // The insertion is at depth 2 (4), one edge goes (1), two come (2): 7 over four nodes and three edges; both graphs weigh 53.
        var replan = Assert.Single(replans);
        Assert.Equal((1.0, Math.Round(7 / 53.0, 6), 1_800), (replan.Tged, Math.Round(replan.TgedBounded, 6), replan.LatencyMs));
    }

    [Fact]
    public void MeanLatencyMs_TwoReplans_IsWeightedByTheirDistance() =>
        Assert.Equal(1_560, Replans.MeanLatencyMs([new Replan(1, 2, 1.0, 0.1, 1_800), new Replan(2, 3, 0.25, 0.1, 600)]));

    [Fact]
    public void MeanLatencyMs_NoDistance_IsNull()
    {
        Assert.Null(Replans.MeanLatencyMs([]));
        Assert.Null(Replans.MeanLatencyMs([new Replan(1, 2, 0, 0, 500)]));
        Assert.Null(Replans.MeanLatencyMs([new Replan(1, 2, 1, 0, null)]));
    }

    [Fact]
    public void Of_DeviationsWhileOneIsOpen_TheEarliestCounts()
    {
        var (replans, uncommitted) = Replans.Of([Commit(1, 100, "check_logs"), Commit(2, 200, "restart"), Commit(3, 900, "reconcile")], 50, [300, 500, 700]);
        Assert.Equal([150, 600], replans.Select(r => r.LatencyMs!.Value));
        Assert.Equal(0, uncommitted);
    }

    [Fact]
    public void Of_EvidenceAfterEvidence_LeavesTheDeviationOpen()
    {
        var (replans, _) = Replans.Of([Commit(1, 100, "check_logs"), Commit(2, 200, "check_metrics"), Commit(3, 400, "restart")], 50, []);
        Assert.Equal([150, 350], replans.Select(r => r.LatencyMs!.Value));
    }

    [Fact]
    public void Of_DeviationNobodyAnswered_IsCountedApart()
    {
        Assert.Equal(1, Replans.Of([Commit(1, 100, "check_logs")], 50, []).Uncommitted);
        Assert.Equal(1, Replans.Of([Commit(1, 100, "restart")], 50, [300, 400]).Uncommitted);
        Assert.Equal(0, Replans.Of([Commit(1, 100, "restart")], 50, []).Uncommitted);
        Assert.Equal(0, Replans.Of([Commit(1, 100, "check_logs")], null, []).Uncommitted);
    }

    /// <summary>A plan whose tasks each wait for the one before.</summary>
    private static (PlanCommit, Plan) Commit(int version, double atMs, params string[] types) => (new PlanCommit(version - 1, version, atMs), Plans.Chain(version, types));
}

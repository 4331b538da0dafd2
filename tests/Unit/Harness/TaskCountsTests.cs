using Quorate.Contracts.Plans;
using Quorate.Harness.Metrics;
using Quorate.Harness.Records;

namespace Quorate.Tests.Unit.Harness;

public class TaskCountsTests
{
    private static readonly string[] FiveLooks = ["check_logs", "check_health", "check_drift", "check_metrics", "check_health"];

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Pass_FiveLeavesSomeFailed_HoldsUpToAFifth(int failed, bool passes)
    {
        var traces = Enumerable.Range(1, 5).Select(i => Plans.Ran(1, $"t{i}", i <= failed ? "FAIL" : "OK")).ToList();
        var counts = TaskCounts.Of([Plans.Flat(1, FiveLooks)], traces);
        Assert.Equal((5, 5 - failed, 5, failed), (counts.Total, counts.Completed, counts.Leaves, counts.FailedLeaves));
        Assert.Equal(passes, counts.Pass(hasFault: true));
    }

    [Fact]
    public void Pass_OneOfFourLeavesFailed_IsTooMany()
    {
        var plan = Plans.Flat(1, "check_logs", "check_health", "check_drift", "check_metrics");
        Assert.False(TaskCounts.Of([plan], [Plans.Ran(1, "t1"), Plans.Ran(1, "t2"), Plans.Ran(1, "t3"), Plans.Ran(1, "t4", "FAIL")]).Pass(hasFault: true));
    }

    [Fact]
    public void Of_SupersededTasks_OnlyThoseDispatchedCount()
    {
        var plans = new[] { Plans.Flat(1, "check_logs", "restart", "check_health"), Plans.Chain(2, "restart") };
        var counts = TaskCounts.Of(plans, [Plans.Ran(1, "t1"), Plans.Ran(1, "t2", "FAIL"), Plans.Unstarted(1, "t3"), Plans.Ran(2, "t1")]);
        Assert.Equal((3, 2, 2), (counts.Total, counts.Completed, counts.Actions));
    }

    [Fact]
    public void Of_LastPlanUnfinished_ItsTasksCountAsNotCompleted()
    {
        var counts = TaskCounts.Of([Plans.Chain(1, "check_logs", "restart", "verify")], [Plans.Ran(1, "t1"), Plans.Ran(1, "t2", "FAIL"), Plans.Unstarted(1, "t3")]);
        Assert.Equal((3, 1, 1, 1), (counts.Total, counts.Completed, counts.Leaves, counts.FailedLeaves));
    }

    [Fact]
    public void Pass_NothingPlanned_OnlyWhereNothingIsWrong()
    {
        var none = TaskCounts.Of(Array.Empty<Plan>(), Array.Empty<TaskTrace>());
        Assert.True(none.Pass(hasFault: false));
        Assert.False(none.Pass(hasFault: true));
    }
}

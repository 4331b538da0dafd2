using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Backends;
using Quorate.Tests.Unit.Triage.Fakes;

namespace Quorate.Tests.Unit.Place;

public class SimulatedBackendTests
{
    private readonly FakeTime _time = new();
    private readonly SimulatedBackend _backend;

    public SimulatedBackendTests() => _backend = new SimulatedBackend(Clusters.Of(Clusters.Pool("a", "general", 2, 4, 8)), _time);

    [Fact]
    public async Task Jobs_ByTheClock_EndWhenTheySay()
    {
        await SubmitAsync("short", 10, 60);
        await SubmitAsync("long", 100, 60);
        Assert.Equal([BackendJobState.Running, BackendJobState.Running], await StatesAsync());
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([BackendJobState.Completed, BackendJobState.Running], await StatesAsync());
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal([BackendJobState.Completed, BackendJobState.TimedOut], await StatesAsync());
    }

    [Fact]
    public async Task Submit_KeyKnown_StartsNothing()
    {
        var first = await SubmitAsync("k", 10, 60);
        var second = await SubmitAsync("k", 10, 60);
        Assert.Equal((first.Id, true), (second.Id, second.Known));
        Assert.Single(await StatesAsync());
    }

    [Fact]
    public async Task Submit_NodesTooFull_IsRefused()
    {
        await SubmitAsync("one", 10, 60);
        await SubmitAsync("two", 10, 60);
        Assert.Contains("has no 1 such nodes with 3 cores free", (await SubmitAsync("three", 10, 60)).Refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailNode_UnderAJob_JobAndNodeAreLost()
    {
        await SubmitAsync("one", 10, 60);
        await SubmitAsync("two", 10, 60);
        _backend.FailNode("a", 0);
        Assert.Equal([BackendJobState.NodeFailed, BackendJobState.Running], await StatesAsync());
        Assert.Equal([BackendNodeState.Down, BackendNodeState.Allocated], (await _backend.DescribeAsync(TestContext.Current.CancellationToken)).Value!.Select(n => n.State));
        _backend.RecoverNode("a", 0);
        _backend.FailPool("a");
        Assert.Equal([BackendJobState.NodeFailed, BackendJobState.NodeFailed], await StatesAsync());
        _backend.RecoverPool("a");
        Assert.Equal([BackendNodeState.Idle, BackendNodeState.Idle], (await _backend.DescribeAsync(TestContext.Current.CancellationToken)).Value!.Select(n => n.State));
    }

    [Fact]
    public async Task Cancel_RunningAndUnknown_SaysWhichIsKnown()
    {
        var id = (await SubmitAsync("one", 10, 60)).Id!;
        Assert.True((await _backend.CancelAsync(id, TestContext.Current.CancellationToken)).Value);
        Assert.False((await _backend.CancelAsync("77", TestContext.Current.CancellationToken)).Value);
        Assert.Equal([BackendJobState.Cancelled], await StatesAsync());
    }

    private async Task<Submission> SubmitAsync(string key, long runtime, long walltime) => (await _backend.SubmitAsync(
        new JobStart { Key = key, Job = new JobSpec { Name = key, CpuCores = 3, WalltimeS = walltime, RuntimeS = runtime }, Pool = "a", NodeCount = 1, Share = new Resources(3, 0, 0, 0) }, TestContext.Current.CancellationToken)).Value!;

    private async Task<IEnumerable<BackendJobState>> StatesAsync() => (await _backend.ObserveAsync(TestContext.Current.CancellationToken)).Value!.Select(j => j.State);
}

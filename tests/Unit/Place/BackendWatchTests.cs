using Quorate.Contracts.Placing;
using Quorate.Engine.Place;

namespace Quorate.Tests.Unit.Place;

public sealed class BackendWatchTests
{
    private readonly ScriptedBackend _backend = new();
    private readonly PolledTime _time = new();
    private readonly Outages _outages = new();
    private readonly BackendWatch _watch;

    public BackendWatchTests() => _watch = new BackendWatch(_backend, _time, new PlacementOptions { BackendPatienceS = 60 }, _outages, journal: null);

    [Fact]
    public async Task Withdrawn_WhileItRuns_StartsAgainOnlyWhenTheEarlierStartHasEnded()
    {
        _backend.CancelEnds = false;
        var job = await RunningAsync("j");
        Replace(job);
        await LookAsync();
        await LookAsync();
        Assert.Equal(["j.1"], _backend.Submitted);
        Assert.Contains("j.1", _backend.Cancelled);

        _backend.End("j.1", BackendJobState.Cancelled);
        await LookAsync();
        Assert.Equal(["j.1", "j.2"], _backend.Submitted);
        Assert.Equal(JobStage.Running, job.Stage);
    }

    [Fact]
    public async Task Withdrawn_EndsAtOnce_IsNotWaitedFor()
    {
        Replace(await RunningAsync("j"));
        await _watch.UpdateAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["j.1", "j.2"], _backend.Submitted);
    }

    [Fact]
    public async Task Withdrawn_EndedWellBeforeItWasCancelled_IsDoneAndDoesNotRunAgain()
    {
        var job = await RunningAsync("j");
        _backend.End("j.1", BackendJobState.Completed);
        Replace(job);
        await LookAsync();
        Assert.Equal(["j.1"], _backend.Submitted);
        Assert.Equal((JobStage.Ended, "completed", "p1", PlacementOutcome.Placed), (job.Stage, job.Result.Execution, job.Result.Agent, job.Result.Outcome));
        Assert.Same(job, Assert.Single(_watch.TakeEnded()));
        Assert.True(_watch.IsIdle);
    }

    [Fact]
    public async Task Withdrawn_NeverEnds_JobIsGivenUp()
    {
        _backend.CancelEnds = false;
        var job = await RunningAsync("j");
        Replace(job);
        await LookAsync(700);
        Assert.Equal((JobStage.GivenUp, "an earlier start of it was cancelled and does not end"), (job.Stage, job.Result.Reason));
        Assert.Equal(["j.1"], _backend.Submitted);
        Assert.Equal(["j.1"], await _watch.CloseAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Running_ForgottenByTheBackend_EndsAsItsRecordsSay()
    {
        var job = await RunningAsync("j");
        _backend.Records["j.1"] = _backend.Jobs["j.1"] with { State = BackendJobState.Failed, ExitCode = 3 };
        _backend.Jobs.Clear();
        await LookAsync(2);
        Assert.Equal(JobStage.Running, job.Stage);
        await LookAsync();
        Assert.Equal(("failed", "exit code 3", false), (job.Result.Execution, job.Result.Reason, job.Lost));
    }

    [Fact]
    public async Task Running_ForgottenWithoutRecords_IsLostAndNotRunAgain()
    {
        var job = await RunningAsync("j");
        _backend.Jobs.Clear();
        await LookAsync(3);
        Assert.Equal((JobStage.Ended, "lost", false), (job.Stage, job.Result.Execution, job.Lost));
        Assert.Equal(["j.1"], _backend.Submitted);
    }

    [Fact]
    public async Task Running_MissingInOneLook_RunsOn()
    {
        var job = await RunningAsync("j");
        var there = _backend.Jobs["j.1"];
        for (var i = 0; i < 5; i++)
        {
            _backend.Jobs.Clear();
            await LookAsync();
            _backend.Jobs["j.1"] = there;
            await LookAsync();
        }

        Assert.Equal(JobStage.Running, job.Stage);
    }

    [Fact]
    public async Task Outage_WhileJobsRun_IsToldOnceAndGivenUpWhenPatienceIsOver()
    {
        await RunningAsync("j");
        _backend.Down = "no controller";
        await LookAsync(50);
        Assert.Null(_watch.GivenUp);
        _backend.Down = null;
        await LookAsync(50);
        Assert.Equal(["no controller", ""], _outages.Told);
        _backend.Down = "gone";
        await LookAsync(62);
        Assert.Equal("the backend cannot be reached: gone", _watch.GivenUp);
        Assert.Equal(["no controller", "", "gone"], _outages.Told);
    }

    [Fact]
    public async Task GivenUp_ThoughItWasTaken_IsCancelledAtTheEnd()
    {
        _backend.LosesAnswers = true;
        var job = await StartAsync("j");
        await LookAsync(62);
        Assert.Equal(JobStage.GivenUp, job.Stage);
        Assert.Empty(await _watch.CloseAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["j.1"], _backend.Cancelled);
    }

    [Fact]
    public async Task GivenUp_BackendStaysAway_KeyIsReportedAfterABoundedTime()
    {
        _backend.LosesAnswers = true;
        await StartAsync("j");
        _backend.Down = "gone";
        await LookAsync(62);
        var began = _time.Now;
        Assert.Equal(["j.1"], await _watch.CloseAsync(TestContext.Current.CancellationToken));
        Assert.InRange(_time.Now - began, TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(35));
    }

    [Fact]
    public async Task GivenUp_EndedWellAllTheSame_IsReportedAsDone()
    {
        _backend.LosesAnswers = true;
        var job = await StartAsync("j");
        await LookAsync(61);
        _backend.End("j.1", BackendJobState.Completed);
        Assert.Empty(await _watch.CloseAsync(TestContext.Current.CancellationToken));
        Assert.Equal((PlacementOutcome.Placed, "completed"), (job.Result.Outcome, job.Result.Execution));
    }

    [Fact]
    public async Task Refused_ByTheBackend_LeavesNothingOpen()
    {
        _backend.Refuses = "too large";
        var job = await StartAsync("j");
        Assert.Equal((JobStage.GivenUp, "the backend refused it: too large"), (job.Stage, job.Result.Reason));
        Assert.Empty(await _watch.CloseAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, _backend.Looks);
    }

    private async Task LookAsync(int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            await _time.WaitAsync(null, TestContext.Current.CancellationToken);
            await _watch.UpdateAsync(TestContext.Current.CancellationToken);
        }
    }

    private async Task<JobProgress> StartAsync(string name)
    {
        var job = new JobProgress(new JobSpec { Name = name, CpuCores = 1 });
        Decide(job);
        await LookAsync();
        return job;
    }

    private async Task<JobProgress> RunningAsync(string name)
    {
        var job = await StartAsync(name);
        Assert.Equal(JobStage.Running, job.Stage);
        return job;
    }

    /// <summary>As when its pool was withdrawn and it was placed again.</summary>
    private void Replace(JobProgress job)
    {
        _watch.Cancel(job);
        Decide(job);
    }

    private void Decide(JobProgress job)
    {
        job.Attempt++;
        job.Start = new JobStart { Key = $"{job.Spec.Name}.{job.Attempt}", Job = job.Spec, Pool = $"p{job.Attempt}", NodeCount = 1, Share = new Resources(1, 0, 0, 0) };
        job.Result = job.Result with { Outcome = PlacementOutcome.Placed, Agent = job.Start.Pool };
        _watch.Start(job);
    }

    private sealed class Outages : IPlacementObserver
    {
        public List<string> Told { get; } = [];

        public void On(PlacementProgress progress) => Told.Add(progress.Outage!);
    }
}

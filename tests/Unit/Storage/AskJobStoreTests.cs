using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Engine.Ports;
using Quorate.Tests.Unit.Server;

namespace Quorate.Tests.Unit.Storage;

/// <summary>Questions in the store: who holds them, and what outlives whom.</summary>
public class AskJobStoreTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Claim_RacedByMany_GivesEachJobToOne()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await using var other = await fixture.OpenAsync();
        for (var i = 0; i < 30; i++)
        {
            await SubmitAsync(fixture, $"job-{i:00}");
        }

        var claims = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => (i % 2 == 0 ? fixture.Store : other).AskJobs.ClaimAsync($"run-{i}", Lease, Token)));
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"job-{i:00}"), claims.OfType<AskJob>().Select(j => j.JobId).Order());
    }

    [Fact]
    public async Task Lease_RunOut_LetsAnotherTakeTheJob_AndTheFirstWritesNothing()
    {
        var clock = new StandingClock(DateTimeOffset.UnixEpoch.AddYears(60));
        await using var fixture = await StoreFixture.CreateAsync(clock);
        var jobs = fixture.Store.AskJobs;
        await SubmitAsync(fixture, "job-1");
        Assert.NotNull(await jobs.ClaimAsync("one", Lease, Token));
        Assert.Null(await jobs.ClaimAsync("two", Lease, Token));
        clock.Now += Lease / 2;
        Assert.True(await jobs.RenewAsync("job-1", "one", Lease, "asking", 40, Token));
        clock.Now += Lease * 0.9;
        Assert.Null(await jobs.ClaimAsync("two", Lease, Token));
        clock.Now += Lease;
        Assert.Equal(2, (await jobs.ClaimAsync("two", Lease, Token))!.Attempts);
        Assert.False(await jobs.RenewAsync("job-1", "one", Lease, "asking", 50, Token));
        Assert.False(await jobs.CompleteAsync("one", Result("job-1"), Token));
        Assert.False(await jobs.FailAsync("job-1", "one", new AskJobError("late", "late"), Token));
        await jobs.ReleaseAsync("job-1", "one", Token);
        Assert.Equal((AskJobState.Running, 40), await StateAsync(fixture, "job-1"));
        Assert.True(await jobs.CompleteAsync("two", Result("job-1"), Token));
        Assert.Equal((AskJobState.Done, 100), await StateAsync(fixture, "job-1"));
    }

    [Fact]
    public async Task Release_GivesTheJobBackWithoutCountingTheAttempt()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await SubmitAsync(fixture, "job-1");
        await fixture.Store.AskJobs.ClaimAsync("one", Lease, Token);
        await fixture.Store.AskJobs.ReleaseAsync("job-1", "one", Token);
        Assert.Equal((1, "job-1"), ((await fixture.Store.AskJobs.ClaimAsync("two", Lease, Token)) is { } job ? (job.Attempts, job.JobId) : default));
    }

    [Fact]
    public async Task Claim_UserWithRunningJobs_LetsOthersGoFirst()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var ben = (await fixture.Store.Accounts.AddAsync("ben", "hash", UserRole.Operator, Token))!;
        await SubmitAsync(fixture, "a-1");
        await SubmitAsync(fixture, "a-2");
        await SubmitAsync(fixture, "b-1", ben.Id);
        var order = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            order.Add((await fixture.Store.AskJobs.ClaimAsync($"run-{i}", Lease, Token))!.JobId);
        }

        Assert.Equal(["a-1", "b-1", "a-2"], order);
    }

    [Fact]
    public async Task Result_Reread_IsTheOneWritten()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await SubmitAsync(fixture, "job-1");
        await fixture.Store.AskJobs.ClaimAsync("one", Lease, Token);
        await fixture.Store.AskJobs.CompleteAsync("one", Result("job-1"), Token);
        await fixture.ReopenAsync();
        var read = await fixture.Store.AskJobs.ReadResultAsync("job-1", IAccountStore.AnonymousId, Token);
        Assert.Equal(Contracts.QuorateJson.Serialize(Result("job-1")), Contracts.QuorateJson.Serialize(read!));
        Assert.Null(await fixture.Store.AskJobs.ReadResultAsync("job-1", 99, Token));
    }

    [Fact]
    public async Task History_BeyondTheLimit_LosesTheOldestEnded()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        for (var i = 0; i < 5; i++)
        {
            await fixture.Store.AskJobs.SubmitAsync($"job-{i}", 1, new AskRequest { Query = "q" }, 100, 3, Token);
            await fixture.Store.AskJobs.CancelAsync($"job-{i}", 1, Token);
        }

        var kept = await fixture.Store.AskJobs.ReadHistoryAsync(1, 100, null, Token);
        Assert.Equal(["job-4", "job-3", "job-2"], kept.Select(h => h.Job.JobId));
    }

    [Fact]
    public async Task Submit_QueueFull_IsRefused()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        Assert.True(await fixture.Store.AskJobs.SubmitAsync("job-1", 1, new AskRequest { Query = "q" }, 1, 10, Token));
        Assert.False(await fixture.Store.AskJobs.SubmitAsync("job-2", 1, new AskRequest { Query = "q" }, 1, 10, Token));
        Assert.Equal(new AskJobCounts(1, 0), await fixture.Store.AskJobs.CountAsync(Token));
    }

    [Fact]
    public async Task Journal_SecondValueOfAKey_IsIgnored()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var journal = fixture.Store.AskJournal;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => journal.AppendAsync("job-1", "answer/ada", $"{i}", Token)));
        var first = (await journal.ReadAsync("job-1", Token))["answer/ada"];
        await journal.AppendAsync("job-1", "answer/ada", "another", Token);
        await fixture.ReopenAsync();
        Assert.Equal(first, (await fixture.Store.AskJournal.ReadAsync("job-1", Token))["answer/ada"]);
        Assert.Empty(await fixture.Store.AskJournal.ReadAsync("job-2", Token));
    }

    [Fact]
    public async Task Prune_DropsOldAnswersOfWorkThatIsOver()
    {
        var clock = new StandingClock(DateTimeOffset.UnixEpoch.AddYears(60));
        await using var fixture = await StoreFixture.CreateAsync(clock);
        await SubmitAsync(fixture, "open");
        await fixture.Store.AskJournal.AppendAsync("open", "answer/ada", "kept", Token);
        await fixture.Store.AskJournal.AppendAsync("gone", "answer/ada", "dropped", Token);
        clock.Now += TimeSpan.FromDays(8);
        await fixture.Store.AskJobs.PruneAsync(Token);
        Assert.Single(await fixture.Store.AskJournal.ReadAsync("open", Token));
        Assert.Empty(await fixture.Store.AskJournal.ReadAsync("gone", Token));
    }

    private static Task<bool> SubmitAsync(StoreFixture fixture, string job, long user = IAccountStore.AnonymousId) =>
        fixture.Store.AskJobs.SubmitAsync(job, user, new AskRequest { Query = "q" }, 100, 100, Token);

    private static async Task<(AskJobState State, int Progress)> StateAsync(StoreFixture fixture, string job) =>
        await fixture.Store.AskJobs.FindAsync(job, IAccountStore.AnonymousId, Token) is { } found ? (found.State, found.Progress) : default;

    private static AskResult Result(string job) => FakeEngine.Result(job, new AskRequest { Query = "q", QuestionType = QuestionType.YesNo }, [
        new MemberResponse { Model = "ada", Role = "Utilitarian", Text = "größe 😀", Status = "ok", Vote = "yes", Confidence = 0.5, Cost = 0.125m },
        new MemberResponse { Model = "bob", Text = "", Status = "failed", Error = new MemberError("timeout", "too slow") }]);
}

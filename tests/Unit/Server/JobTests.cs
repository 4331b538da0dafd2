using System.Net;
using System.Net.Http.Json;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Tests.Unit.Storage;

namespace Quorate.Tests.Unit.Server;

/// <summary>Jobs that fail, are stopped, outlive their server or wait for one.</summary>
public class JobTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Restart_InTheMiddle_ResumesAndAsksNobodyTwice()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        bench.Engine.Hold("bob");
        var job = await ServerBench.AskAsync(client, new { query = "Long?" });
        await ServerBench.UntilAsync(() => Task.FromResult(bench.Engine.Calls.Count == 1), () => "ada was not asked");
        await bench.StopAsync();
        Assert.Equal(Quorate.Engine.Ask.AskJobState.Queued, (await bench.Store.AskJobs.FindAsync(job, 1, Token))!.State);
        bench.Engine.LetGo("bob");
        await bench.RestartAsync();
        var status = await ServerBench.WaitAsync(await bench.ClientAsync(), job, "done");
        Assert.Equal("completed", status.GetProperty("status").GetString());
        Assert.Equal([$"{job} ada", $"{job} bob", $"{job} cleo"], bench.Engine.Calls);
    }

    [Fact]
    public async Task DeadServer_ItsJob_IsTakenOverWhenTheLeaseIsOver()
    {
        await using var store = await StoreFixture.CreateAsync();
        // A server that claimed a job, asked ada, and died.
        await store.Store.AskJobs.SubmitAsync("job-1", 1, new AskRequest { Query = "Left?" }, 10, 10, Token);
        Assert.NotNull(await store.Store.AskJobs.ClaimAsync("dead", TimeSpan.FromSeconds(1), Token));
        await store.Store.AskJournal.AppendAsync("job-1", "answer/ada", "what ada said before", Token);
        await using var bench = await ServerBench.StartAsync(shared: store);
        var client = await bench.ClientAsync();
        await ServerBench.WaitAsync(client, "job-1", "done");
        Assert.Equal(["job-1 bob", "job-1 cleo"], bench.Engine.Calls);
        Assert.Equal("what ada said before", (await ServerBench.GetAsync(client, "/job_result/job-1")).GetProperty("agent_responses").GetProperty("ada").GetString());
    }

    [Fact]
    public async Task TwoServers_OneStore_RunEachJobOnce()
    {
        await using var store = await StoreFixture.CreateAsync();
        await using var one = await ServerBench.StartAsync(shared: store);
        await using var two = await ServerBench.StartAsync(shared: store);
        var (first, second) = (await one.ClientAsync(), await two.ClientAsync());
        var jobs = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            jobs.Add(await ServerBench.AskAsync(i % 2 == 0 ? first : second, new { query = $"{i}?" }));
        }

        foreach (var job in jobs)
        {
            await ServerBench.WaitAsync(first, job, "done");
        }

        var calls = one.Engine.Calls.Concat(two.Engine.Calls).ToList();
        Assert.Equal(jobs.SelectMany(j => FakeEngine.Members.Select(m => $"{j} {m}")).Order(), calls.Order());
    }

    [Fact]
    public async Task Cancel_RunningAndWaiting_EndsBoth()
    {
        await using var bench = await ServerBench.StartAsync(ServerBench.Defaults with { JobsAtOnce = 1 });
        var client = await bench.ClientAsync();
        bench.Engine.Hold("ada");
        var (running, waiting) = (await ServerBench.AskAsync(client, new { query = "1?" }), await ServerBench.AskAsync(client, new { query = "2?" }));
        await ServerBench.WaitAsync(client, running, "running");
        foreach (var job in new[] { waiting, running })
        {
            using var response = await client.PostAsync($"/cancel/{job}", null, Token);
            Assert.Equal("cancelled", (await ServerBench.ReadAsync(response)).GetProperty("status").GetString());
        }

        // The place is free again, though ada is still held back.
        bench.Engine.LetGo("ada");
        await ServerBench.WaitAsync(client, await ServerBench.AskAsync(client, new { query = "3?" }), "done");
        Assert.Equal(["1?", "3?"], bench.Engine.Requests.Select(r => r.Query));
        Assert.Equal("cancelled", (await ServerBench.GetAsync(client, $"/job_status/{running}")).GetProperty("state").GetString());
        Assert.Empty(bench.Log.Errors);
    }

    [Fact]
    public async Task Cancel_OfADoneJob_LeavesItDone()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        var job = await ServerBench.AskAsync(client, new { query = "1?" });
        await ServerBench.WaitAsync(client, job, "done");
        using var response = await client.PostAsync($"/cancel/{job}", null, Token);
        Assert.Equal((HttpStatusCode.OK, "completed"), (response.StatusCode, (await ServerBench.ReadAsync(response)).GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Delete_OfARunningJob_StopsIt()
    {
        await using var bench = await ServerBench.StartAsync(ServerBench.Defaults with { JobsAtOnce = 1 });
        var client = await bench.ClientAsync();
        bench.Engine.Hold("bob");
        var job = await ServerBench.AskAsync(client, new { query = "1?" });
        await ServerBench.WaitAsync(client, job, "running");
        using var response = await client.DeleteAsync($"/history/{job}", Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        bench.Engine.LetGo("bob");
        await ServerBench.WaitAsync(client, await ServerBench.AskAsync(client, new { query = "2?" }), "done");
        Assert.DoesNotContain($"{job} cleo", bench.Engine.Calls);
        Assert.Empty(bench.Log.Errors);
    }

    [Fact]
    public async Task Timeout_OfAJob_FailsItWithTheLimit()
    {
        await using var bench = await ServerBench.StartAsync(ServerBench.Defaults with { JobTimeout = TimeSpan.FromMilliseconds(300) });
        var client = await bench.ClientAsync();
        bench.Engine.Hold("cleo");
        var status = await ServerBench.WaitAsync(client, await ServerBench.AskAsync(client, new { query = "1?" }), "failed");
        Assert.Equal(("error", "job_timeout"), (status.GetProperty("status").GetString(), status.GetProperty("error_code").GetString()));
        Assert.Contains("0.3 s", status.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task KnownError_OfTheEngine_IsTheJobsError()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        bench.Engine.Failure = QuorateException.Missing("panel_down", "nobody answers", "start one");
        var status = await ServerBench.WaitAsync(client, await ServerBench.AskAsync(client, new { query = "1?" }), "failed");
        Assert.Equal(("panel_down", "nobody answers (start one)"), (status.GetProperty("error_code").GetString(), status.GetProperty("error").GetString()));
        Assert.Empty(bench.Log.Errors);
    }

    [Fact]
    public async Task Defect_InTheEngine_IsLoggedAndNotShown()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        bench.Engine.Failure = new InvalidOperationException("inner secret");
        var status = await ServerBench.WaitAsync(client, await ServerBench.AskAsync(client, new { query = "1?" }), "failed");
        Assert.Equal("internal", status.GetProperty("error_code").GetString());
        Assert.DoesNotContain("inner secret", status.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("inner secret", Assert.Single(bench.Log.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queue_Full_SaysSoAndWhenToComeAgain()
    {
        await using var bench = await ServerBench.StartAsync(ServerBench.Defaults with { JobsAtOnce = 1, MaxQueuedJobs = 1 });
        var client = await bench.ClientAsync();
        bench.Engine.Hold("ada");
        await ServerBench.WaitAsync(client, await ServerBench.AskAsync(client, new { query = "1?" }), "running");
        await ServerBench.AskAsync(client, new { query = "2?" });
        using var refused = await client.PostAsJsonAsync("/process_query", new { query = "3?" }, Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("queue_full", (await ServerBench.ReadAsync(refused)).GetProperty("code").GetString());
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task Progress_OfARunningJob_IsSeenThroughTheStore()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        bench.Engine.Hold("cleo");
        var job = await ServerBench.AskAsync(client, new { query = "1?" });
        await ServerBench.UntilAsync(async () => (await bench.Store.AskJobs.FindAsync(job, 1, Token))!.Progress > 30, () => "no progress came");
        bench.Engine.LetGo("cleo");
        await ServerBench.WaitAsync(client, job, "done");
    }

    [Fact]
    public async Task Job_ThatTakesItsServersDown_IsGivenUp()
    {
        await using var store = await StoreFixture.CreateAsync();
        await store.Store.AskJobs.SubmitAsync("job-1", 1, new AskRequest { Query = "Poison?" }, 10, 10, Token);
        for (var i = 0; i < 3; i++)
        {
            await ServerBench.UntilAsync(async () => await store.Store.AskJobs.ClaimAsync($"dead-{i}", TimeSpan.FromMilliseconds(1), Token) is not null, () => "not claimed");
        }

        await using var bench = await ServerBench.StartAsync(shared: store);
        var status = await ServerBench.WaitAsync(await bench.ClientAsync(), "job-1", "failed");
        Assert.Equal("job_abandoned", status.GetProperty("error_code").GetString());
        Assert.Empty(bench.Engine.Requests);
    }
}

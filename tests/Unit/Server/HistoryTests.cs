using System.Net;

namespace Quorate.Tests.Unit.Server;

/// <summary>Past questions: whose they are, and that reading them costs nothing.</summary>
public class HistoryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoUsers_SameQuestion_HaveTwoJobsAndSeeOnlyTheirOwn()
    {
        await using var bench = await ServerBench.StartAsync();
        var (ann, ben) = (await bench.ClientAsync("ann"), await bench.ClientAsync("ben"));
        var ofAnn = await ServerBench.AskAsync(ann, new { query = "The same?" });
        var ofBen = await ServerBench.AskAsync(ben, new { query = "The same?" });
        Assert.NotEqual(ofAnn, ofBen);
        await ServerBench.WaitAsync(ann, ofAnn, "done");
        await ServerBench.WaitAsync(ben, ofBen, "done");
        foreach (var path in new[] { $"/job_status/{ofAnn}", $"/job_result/{ofAnn}", $"/image/{ofAnn}/heatmap" })
        {
            using var refused = await ben.GetAsync(path, Token);
            Assert.Equal((path, HttpStatusCode.NotFound), (path, refused.StatusCode));
        }

        using var cancelled = await ben.PostAsync($"/cancel/{ofAnn}", null, Token);
        using var deleted = await ben.DeleteAsync($"/history/{ofAnn}", Token);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (cancelled.StatusCode, deleted.StatusCode));
        Assert.Equal([ofBen], await JobsAsync(ben, "/history"));
        Assert.Equal([ofAnn], await JobsAsync(ann, "/history"));
    }

    [Fact]
    public async Task OtherUsersJob_AndNoJob_AreAnsweredAlike()
    {
        await using var bench = await ServerBench.StartAsync();
        var (ann, ben) = (await bench.ClientAsync("ann"), await bench.ClientAsync("ben"));
        var job = await ServerBench.AskAsync(ann, new { query = "Mine?" });
        using var others = await ben.GetAsync($"/job_status/{job}", Token);
        using var none = await ben.GetAsync("/job_status/job-0000", Token);
        Assert.Equal(
            (await others.Content.ReadAsStringAsync(Token)).Replace(job, "ID", StringComparison.Ordinal),
            (await none.Content.ReadAsStringAsync(Token)).Replace("job-0000", "ID", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reload_OfHistoryAndResult_AsksNobody()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync("ann");
        var job = await ServerBench.AskAsync(client, new { query = "Once?" });
        await ServerBench.WaitAsync(client, job, "done");
        var before = await ServerBench.GetAsync(client, $"/job_result/{job}");
        Assert.Equal(3, bench.Engine.Calls.Count);
        await bench.RestartAsync();
        var later = await bench.ClientAsync("ann");
        var item = (await ServerBench.GetAsync(later, "/history")).GetProperty("history")[0];
        Assert.Equal(("Once?", "ada on Once?", "completed", 66.6), (item.GetProperty("query").GetString(), item.GetProperty("responses").GetProperty("ada").GetString(), item.GetProperty("status").GetString(), item.GetProperty("consensus_score").GetDouble()));
        Assert.Equal(before.GetRawText(), (await ServerBench.GetAsync(later, $"/job_result/{job}")).GetRawText());
        using var image = await later.GetAsync($"/image/{job}/heatmap", Token);
        Assert.Equal(HttpStatusCode.OK, image.StatusCode);
        Assert.Equal(3, bench.Engine.Calls.Count);
    }

    [Fact]
    public async Task Delete_OneOfTheUsers_IsGoneWithAllThatBelongsToIt()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync("ann");
        var (kept, gone) = (await ServerBench.AskAsync(client, new { query = "Keep?" }), await ServerBench.AskAsync(client, new { query = "Drop?" }));
        await ServerBench.WaitAsync(client, kept, "done");
        await ServerBench.WaitAsync(client, gone, "done");
        using var deleted = await client.DeleteAsync($"/history/{gone}?username=ann", Token);
        Assert.True((await ServerBench.ReadAsync(deleted)).GetProperty("success").GetBoolean());
        using var again = await client.DeleteAsync($"/history/{gone}", Token);
        using var result = await client.GetAsync($"/job_result/{gone}", Token);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (again.StatusCode, result.StatusCode));
        Assert.Equal([kept], await JobsAsync(client, "/history"));
    }

    [Fact]
    public async Task History_InPages_ShowsEachOnceTheNewestFirst()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync("ann");
        var asked = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            asked.Insert(0, await ServerBench.AskAsync(client, new { query = $"{i}?" }));
        }

        var seen = new List<string>();
        var path = "/history?limit=3";
        for (var pages = 0; pages < 3; pages++)
        {
            seen.AddRange(await JobsAsync(client, path));
            var next = (await ServerBench.GetAsync(client, path)).TryGetProperty("next", out var more) ? more.GetString() : null;
            Assert.Equal(pages == 2, next is null);
            path = $"/history?limit=3&before={next}";
        }

        Assert.Equal(asked, seen);
        using var wrong = await client.GetAsync("/history?limit=0", Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Name_OfAnotherUser_IsRefused()
    {
        await using var bench = await ServerBench.StartAsync();
        var (ann, _, nobody) = (await bench.ClientAsync("ann"), await bench.ClientAsync("ben"), await bench.ClientAsync());
        using var other = await ann.GetAsync("/history?username=ben", Token);
        using var own = await ann.GetAsync("/history?username=ANN", Token);
        using var asAnn = await nobody.GetAsync("/history?username=ann", Token);
        using var free = await nobody.GetAsync("/history?username=guest", Token);
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.OK), (other.StatusCode, own.StatusCode, asAnn.StatusCode, free.StatusCode));
    }

    private static async Task<List<string>> JobsAsync(HttpClient client, string path) =>
        [.. (await ServerBench.GetAsync(client, path)).GetProperty("history").EnumerateArray().Select(h => h.GetProperty("job_id").GetString()!)];
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml.Linq;
using Quorate.Tests.Integration.Ask;

namespace Quorate.Tests.Integration.Cli;

/// <summary>The published server as a process, with a server that plays five models behind it.</summary>
public class ServerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Up_AQuestionFromAskingToDeleting_AnswersEachStepAndEndsCleanly()
    {
        await using var models = await PanelServer.StartAsync(Token);
        using var cli = new QuorateCli();
        await using var server = await RunningServer.StartAsync(cli, await ConfigAsync(cli, models), Token);
        var job = await AskAsync(server.Client);
        var status = await EndAsync(server.Client, job);
        Assert.Equal(("completed", 100), (status.GetProperty("status").GetString(), status.GetProperty("progress").GetInt32()));
        var result = await server.Client.GetFromJsonAsync<JsonElement>($"/job_result/{job}", Token);
        Assert.Equal(("summary", 5), (result.GetProperty("consensus").GetProperty("method").GetString(), result.GetProperty("responses").GetArrayLength()));
        Assert.Equal("svg", XDocument.Parse(await server.Client.GetStringAsync($"/image/{job}/heatmap", Token)).Root!.Name.LocalName);
        var calls = models.Calls.Count;
        var history = await server.Client.GetFromJsonAsync<JsonElement>("/history", Token);
        Assert.Equal(job, history.GetProperty("history")[0].GetProperty("job_id").GetString());
        Assert.Equal(HttpStatusCode.OK, (await server.Client.DeleteAsync($"/history/{job}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync($"/job_result/{job}", Token)).StatusCode);
        Assert.Equal(calls, models.Calls.Count);
        Assert.Equal(0, await server.InterruptAsync(Token));
    }

    [Fact]
    public async Task Up_TwoUsers_SeeNothingOfEachOther()
    {
        await using var models = await PanelServer.StartAsync(Token);
        using var cli = new QuorateCli();
        Assert.Equal(0, (await cli.ShellAsync("for u in ann ben; do echo \"password of $u\" | \"$QUORATE_APP\" users add $u || exit 9; done", Token)).Code);
        await using var server = await RunningServer.StartAsync(cli, await ConfigAsync(cli, models), Token);
        using var ann = await LogInAsync(server, "ann");
        using var ben = await LogInAsync(server, "ben");
        var job = await AskAsync(ann);
        await EndAsync(ann, job);
        HttpClient[] strangers = [ben, server.Client];
        foreach (var stranger in strangers)
        {
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/job_status/{job}", Token)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/job_result/{job}", Token)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/image/{job}/heatmap", Token)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.PostAsync($"/cancel/{job}", null, Token)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.DeleteAsync($"/history/{job}", Token)).StatusCode);
            Assert.Equal(0, (await stranger.GetFromJsonAsync<JsonElement>("/history", Token)).GetProperty("history").GetArrayLength());
        }

        Assert.Equal(HttpStatusCode.OK, (await ann.GetAsync($"/job_result/{job}", Token)).StatusCode);
    }

    [Fact]
    public async Task Up_PortThatIsTaken_SaysSoWithoutAStackTrace()
    {
        await using var taken = await PanelServer.StartAsync(Token);
        using var cli = new QuorateCli();
        var result = await cli.RunAsync(Token, "up", "--urls", taken.Endpoint.GetLeftPart(UriPartial.Authority));
        Assert.Equal((3, ""), (result.Code, result.Stdout));
        Assert.Contains("error: the server cannot listen on", result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Stderr, StringComparison.Ordinal);
    }

    /// <summary>Takes as long as a dead server's lease: half a minute.</summary>
    [Fact]
    public async Task Up_KilledInMidJob_TheNextServerEndsItAndAsksNobodyTwice()
    {
        await using var models = await PanelServer.StartAsync(Token);
        models.Faults["m5"] = "slow";
        using var cli = new QuorateCli();
        var config = await ConfigAsync(cli, models);
        string job;
        await using (var killed = await RunningServer.StartAsync(cli, config, Token))
        {
            job = await AskAsync(killed.Client);
            // Four of five have answered: 5 + 45 * 4 / 5 percent.
            await UntilAsync(killed.Client, job, s => s.GetProperty("progress").GetInt32() >= 41);
            await killed.KillAsync(Token);
        }

        models.Faults.Clear();
        await using var next = await RunningServer.StartAsync(cli, config, Token);
        var status = await EndAsync(next.Client, job);
        Assert.Equal("completed", status.GetProperty("status").GetString());
        var result = await next.Client.GetFromJsonAsync<JsonElement>($"/job_result/{job}", Token);
        Assert.All(result.GetProperty("responses").EnumerateArray(), r => Assert.Equal("ok", r.GetProperty("status").GetString()));
        var asked = models.Calls.Where(c => !c.Prompt.Contains("<data name=\"answers\">", StringComparison.Ordinal)).Select(c => c.Model).ToList();
        // The call that was under way when the server died has no answer anywhere.
        Assert.Equal(["m1", "m2", "m3", "m4", "m5", "m5"], asked.Order());
        Assert.Single(models.Calls, c => c.Prompt.Contains("<data name=\"answers\">", StringComparison.Ordinal));
    }

    private static async Task<string> ConfigAsync(QuorateCli cli, PanelServer server)
    {
        var path = Path.Combine(cli.Home, "panel.json");
        var models = Enumerable.Range(1, 5).ToDictionary(i => $"m{i}", i => new { endpoint = server.Endpoint.ToString(), model = $"m{i}", aggregator = i == 1 });
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(new { models, ask = new { grace_s = 60, cache = "off" } }), Token);
        return path;
    }

    private static async Task<string> AskAsync(HttpClient client)
    {
        using var response = await client.PostAsJsonAsync("/process_query", new { query = "Is the bridge safe?", question_type = "Open-ended" }, Token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("job_id").GetString()!;
    }

    private static Task<JsonElement> EndAsync(HttpClient client, string job) => UntilAsync(client, job, s => s.GetProperty("status").GetString() != "processing");

    private static async Task<JsonElement> UntilAsync(HttpClient client, string job, Func<JsonElement, bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(120));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (true)
        {
            var status = await client.GetFromJsonAsync<JsonElement>($"/job_status/{job}", limit.Token);
            if (condition(status))
            {
                return status;
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private static async Task<HttpClient> LogInAsync(RunningServer server, string name)
    {
        // Its handler keeps the session's cookie.
        var client = new HttpClient { BaseAddress = server.Client.BaseAddress };
        using var response = await client.PostAsJsonAsync("/login", new { username = name, password = $"password of {name}" }, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return client;
    }
}

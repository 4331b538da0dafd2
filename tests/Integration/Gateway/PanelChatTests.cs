using System.Text.Json;

namespace Quorate.Tests.Integration.Gateway;

public class PanelChatTests
{
    private static readonly object Extras = new { models = GatewayHost.Five };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_OfThePanel_GivesTheConsensusWithItsScore()
    {
        await using var host = await GatewayHost.StartAsync();

        var (status, body) = await host.AskAsync(Question("Is the bridge safe?", new { models = GatewayHost.Five, question_type = "yes-no", domain = "Policy" }));

        Assert.True(status == 200, body.ToString());
        Assert.Equal("stop", body.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.False(string.IsNullOrWhiteSpace(body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()));
        var extras = body.GetProperty("quorate");
        Assert.Equal(("yes", false, "vote"), (extras.GetProperty("answer").GetString(), extras.GetProperty("degraded").GetBoolean(), extras.GetProperty("method").GetString()));
        Assert.True(body.GetProperty("usage").GetProperty("total_tokens").GetInt32() >= 120);
    }

    [Fact]
    public async Task Chat_WithEarlierMessages_AsksTheLastWithThemAsContext()
    {
        await using var host = await GatewayHost.StartAsync();

        var (status, body) = await host.AskAsync(new
        {
            model = "quorate",
            messages = new[] { new { role = "user", content = "I stand before a bridge." }, new { role = "assistant", content = "Good." }, new { role = "user", content = "May I cross it?" } },
            quorate = Extras,
        });

        Assert.True(status == 200, body.ToString());
        Assert.True(host.Upstream.Calls.TryPeek(out var first));
        Assert.Contains("I stand before a bridge.", first.Prompt, StringComparison.Ordinal);
        Assert.Contains("May I cross it?", first.Prompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_OfThePanel_TellsProgressThenTheText()
    {
        await using var host = await GatewayHost.StartAsync();

        using var response = await host.PostAsync(new { model = "quorate", messages = new[] { new { role = "user", content = "Is the bridge safe?" } }, stream = true, quorate = Extras });
        var text = await response.Content.ReadAsStringAsync(Token);

        Assert.Contains(": asking ", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Contains("\"quorate\":{\"job_id\"", text, StringComparison.Ordinal);
        Assert.Contains("bridge", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_RepeatedWithTheSameKey_BillsThePanelOnce()
    {
        await using var host = await GatewayHost.StartAsync();
        var question = Question("Is the bridge safe?", Extras);

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => host.AskAsync(question, ("Idempotency-Key", "k-1"))));
        var later = await host.AskAsync(question, ("Idempotency-Key", "k-1"));

        var jobs = answers.Append(later).Select(a => a.Body.GetProperty("quorate").GetProperty("job_id").GetString()).Distinct();
        Assert.Single(jobs);
        Assert.Equal(6, host.Upstream.Calls.Count);
    }

    [Fact]
    public async Task Chat_RepeatedByAnSdk_BillsThePanelOnce()
    {
        await using var host = await GatewayHost.StartAsync();
        var question = Question("Is the bridge safe?", Extras);

        var first = await host.AskAsync(question, ("x-stainless-retry-count", "0"));
        var again = await host.AskAsync(question, ("x-stainless-retry-count", "1"));
        var fresh = await host.AskAsync(question, ("x-stainless-retry-count", "0"));

        static string? Job((int Status, JsonElement Body) answer) => answer.Body.GetProperty("quorate").GetProperty("job_id").GetString();
        Assert.Equal(Job(first), Job(again));
        Assert.NotEqual(Job(first), Job(fresh));
        Assert.Equal(12, host.Upstream.Calls.Count);
    }

    [Fact]
    public async Task Chat_SameKeyOtherBody_IsRefused()
    {
        await using var host = await GatewayHost.StartAsync();
        await host.AskAsync(Question("Is the bridge safe?", Extras), ("Idempotency-Key", "k-1"));

        var (status, body) = await host.AskAsync(Question("Is the tunnel safe?", Extras), ("Idempotency-Key", "k-1"));

        Assert.Equal(400, status);
        Assert.Equal("idempotency_key_reused", body.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Chat_NobodyAnswers_IsAnErrorThatIsNotRepeated()
    {
        await using var host = await GatewayHost.StartAsync();
        GatewayHost.Five.ToList().ForEach(m => host.Upstream.Faults[m] = "500");

        using var response = await host.PostAsync(Question("Is the bridge safe?", Extras));
        var body = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Token));

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Equal("no_usable_answer", body.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    private static object Question(string text, object extras) => new { model = "quorate", messages = new[] { new { role = "user", content = text } }, quorate = extras };
}

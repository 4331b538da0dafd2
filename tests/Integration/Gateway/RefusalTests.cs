using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Quorate.Tests.Integration.Gateway;

/// <summary>Every error has OpenAI's form.</summary>
public class RefusalTests
{
    private const string Said = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_WrongBodies_NameTheField()
    {
        await using var host = await GatewayHost.StartAsync();
        (string Body, int Status, string? Param)[] cases =
        [
            ("", 400, null), ("[]", 400, null), ("{", 400, null), ("{\"model\":\"m1\"} x", 400, null), ("{\"model\":\"\\ud800\"}", 400, null),
            ($"{{{Said}}}", 400, "model"), ("{\"model\":\"m1\"}", 400, "messages"), ("{\"model\":\"m1\",\"messages\":[]}", 400, "messages"),
            ("{\"model\":\"m1\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", 400, "messages[0].role"),
            ("{\"model\":\"m1\",\"messages\":[{\"role\":\"user\"}]}", 400, "messages[0].content"),
            ("{\"model\":\"m1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}", 400, "messages[0].content"),
            ($"{{\"model\":\"nobody\",{Said}}}", 404, "model"), ($"{{\"model\":\"m1\",\"n\":2,{Said}}}", 400, "n"), ($"{{\"model\":\"m1\",\"temperature\":3,{Said}}}", 400, "temperature"),
            ($"{{\"model\":\"m1\",\"tools\":[{{\"type\":\"function\"}}],{Said}}}", 400, "tools"), ($"{{\"model\":\"m1\",\"logprobs\":true,{Said}}}", 400, "logprobs"),
            ($"{{\"model\":\"m1\",\"max_tokens\":0,{Said}}}", 400, "max_tokens"), ($"{{\"model\":\"m1\",\"stream\":\"yes\",{Said}}}", 400, "stream"), ($"{{\"model\":\"m1\",\"stop\":[1],{Said}}}", 400, "stop"),
            ($"{{\"model\":\"m1\",\"response_format\":{{\"type\":\"xml\"}},{Said}}}", 400, "response_format"), ($"{{\"model\":\"m1\",\"quorate\":{{}},{Said}}}", 400, "quorate"),
            ($"{{\"model\":\"quorate\",\"quorate\":{{\"question_type\":\"maybe\"}},{Said}}}", 400, "quorate.question_type"), ($"{{\"model\":\"quorate\",\"quorate\":{{\"color\":1}},{Said}}}", 400, "quorate.color"),
            ($"{{\"model\":\"quorate\",\"quorate\":{{\"models\":[\"nobody\"]}},{Said}}}", 400, null),
        ];
        foreach (var (body, status, param) in cases)
        {
            var (got, error) = await host.RawAsync("/v1/chat/completions", body);
            Assert.True((got, error.GetProperty("param").GetString()) == (status, param), $"{body} gave {got} {error}");
            Assert.NotEqual("", error.GetProperty("message").GetString());
            Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        }

        Assert.Empty(host.Upstream.Calls);
    }

    [Fact]
    public async Task Chat_NoJsonOrTooLarge_IsRefused()
    {
        await using var host = await GatewayHost.StartAsync(maxBodyBytes: 32 * 1024);

        Assert.Equal(415, (await host.RawAsync("/v1/chat/completions", "model=m1", "text/plain")).Status);
        Assert.Equal(413, (await host.RawAsync("/v1/chat/completions", $"{{\"model\":\"m1\",\"messages\":[{{\"role\":\"user\",\"content\":\"{new string('x', 40_000)}\"}}]}}")).Status);
    }

    [Fact]
    public async Task Chat_WrongKey_Is401()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk-wrong");

        var (status, error) = await host.RawAsync("/v1/chat/completions", $"{{\"model\":\"m1\",{Said}}}");

        Assert.Equal((401, "authentication_error"), (status, error.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task Models_ListAndOne_AreThePanelAndItsMembers()
    {
        await using var host = await GatewayHost.StartAsync();

        var list = JsonSerializer.Deserialize<JsonElement>(await host.Client.GetStringAsync("/v1/models", Token));
        var one = JsonSerializer.Deserialize<JsonElement>(await host.Client.GetStringAsync("/v1/models/m3", Token));
        using var none = await host.Client.GetAsync("/v1/models/nobody", Token);

        Assert.Equal(["quorate", .. GatewayHost.Five, "scripted"], list.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!));
        Assert.Equal("m3", one.GetProperty("id").GetString());
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Contains("model_not_found", await none.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }
}

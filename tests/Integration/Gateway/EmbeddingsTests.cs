using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Models;
using Quorate.Models.Providers;

namespace Quorate.Tests.Integration.Gateway;

public class EmbeddingsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Embeddings_NotConfigured_SaysWhatToSet()
    {
        await using var host = await GatewayHost.StartAsync();

        var (status, error) = await host.RawAsync("/v1/embeddings", "{\"model\":\"e\",\"input\":\"x\"}");

        Assert.Equal((404, "embeddings_not_configured"), (status, error.GetProperty("code").GetString()));
        Assert.Contains("ask.embeddings", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Embeddings_Configured_ArePassedOnInBothEncodings()
    {
        await using var upstream = await StartUpstreamAsync();
        using var generator = new OpenAiEmbeddingGenerator(ModelConfig.Create(null, upstream.Urls.First() + "/v1", "embed-1"), null, TimeProvider.System);
        await using var host = await GatewayHost.StartAsync(generator);

        var plain = await SendAsync(host, new { model = "embed-1", input = new[] { "a", "bb" } });
        var packed = await SendAsync(host, new { model = "embed-1", input = "ccc", encoding_format = "base64" });
        var (unknown, _) = await host.RawAsync("/v1/embeddings", "{\"model\":\"other\",\"input\":\"x\"}");
        var (wrong, error) = await host.RawAsync("/v1/embeddings", "{\"model\":\"embed-1\",\"input\":[1,2]}");

        Assert.Equal([2f, 0.5f], plain.GetProperty("data")[1].GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle()));
        Assert.Equal([3f, 0.5f], MemoryMarshal.Cast<byte, float>(packed.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64()).ToArray());
        Assert.Equal(5, plain.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal((404, 400, "input"), (unknown, wrong, error.GetProperty("param").GetString()));
    }

    private static async Task<JsonElement> SendAsync(GatewayHost host, object body)
    {
        using var response = await host.Client.PostAsJsonAsync("/v1/embeddings", body, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>The vector of a text is its length and a half.</summary>
    private static async Task<WebApplication> StartUpstreamAsync()
    {
        var app = LoopbackApp.Create();
        app.MapPost("/v1/embeddings", async (HttpContext context) =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            var texts = body.RootElement.GetProperty("input").EnumerateArray().Select(t => t.GetString()!).ToList();
            return Results.Json(new { data = texts.Select((t, i) => new { index = i, embedding = new[] { t.Length, 0.5 } }), usage = new { prompt_tokens = 5, total_tokens = 5 } });
        });
        await app.StartAsync(Token);
        return app;
    }
}

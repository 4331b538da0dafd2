using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Models.Providers;

namespace Quorate.Tests.Integration.Models;

/// <summary>What single providers send, and vectors.</summary>
public sealed class ProviderTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetResponse_OpenRouter_IsToldWhichSiteAsks()
    {
        var headers = new List<string>();
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        server.Then(context =>
        {
            headers.AddRange([context.Request.Headers["HTTP-Referer"].ToString(), context.Request.Headers["X-Title"].ToString()]);
            return context.Response.WriteAsync("{\"choices\":[{\"message\":{\"content\":\"hi\"}}]}");
        });
        var member = TestPanel.Member("m", server.Endpoint);
        await using var panel = ModelPanel.Create(
            new PanelSettings { Members = [member with { Model = member.Model with { Provider = "openrouter" } }], Pipeline = new PipelineSettings { Cache = false } },
            [], (_, _) => Task.CompletedTask, TimeProvider.System, new Ids(), new Random(1),
            name => name switch { "SITE_URL" => "http://localhost:7860", "SITE_NAME" => "Quorate", _ => TestPanel.Key });
        Assert.Equal("hi", (await Microsoft.Extensions.AI.ChatClientExtensions.GetResponseAsync(panel.Client("m"), "hello", cancellationToken: Cancelled)).Text);
        Assert.Equal(["http://localhost:7860", "Quorate"], headers);
    }

    [Theory]
    [InlineData(200, "{\"data\":[{\"index\":1,\"embedding\":[0,1]},{\"index\":0,\"embedding\":[1,0.5]}]}", "")]
    [InlineData(200, "{\"data\":[{\"index\":0,\"embedding\":[1,0.5]}]}", "malformed")]
    [InlineData(200, "{\"data\":[{\"index\":7,\"embedding\":[1]}]}", "malformed")]
    [InlineData(200, "[]", "malformed")]
    [InlineData(401, "no", "refused")]
    [InlineData(503, "no", "server_error")]
    public async Task Generate_ServerAnswersSo_GivesVectorsInOrderOrATypedFailure(int status, string body, string code)
    {
        await using var app = LoopbackApp.Create();
        app.MapPost("/v1/embeddings", async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(body);
        });
        await app.StartAsync(Cancelled);
        using var generator = new OpenAiEmbeddingGenerator(TestPanel.Member("m", new Uri(app.Urls.First() + "/v1")).Model, TestPanel.Key, TimeProvider.System);
        if (code.Length > 0)
        {
            Assert.Equal(code, (await Assert.ThrowsAsync<ModelException>(() => generator.GenerateAsync(["a", "b"], cancellationToken: Cancelled))).Code);
            return;
        }

        var vectors = await generator.GenerateAsync(["a", "b"], cancellationToken: Cancelled);
        Assert.Equal([[1, 0.5f], [0, 1]], vectors.Select(v => v.Vector.ToArray()));
    }

    private sealed class Ids : Quorate.Contracts.IIdSource
    {
        public string Next(string prefix) => prefix + "-1";
    }
}

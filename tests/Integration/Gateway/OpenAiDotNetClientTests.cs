using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;

namespace Quorate.Tests.Integration.Gateway;

/// <summary>OpenAI's own .NET library against /v1.</summary>
public class OpenAiDotNetClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_WholeAndStreamed_Answer()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Scripted.Says("All is well.").Streams("All ", "is well.");
        var client = Client(host).GetChatClient("scripted");

        ChatCompletion whole = await client.CompleteChatAsync([new UserChatMessage("How?")], cancellationToken: Token);
        var (text, total) = ("", 0);
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("How?")], cancellationToken: Token))
        {
            text += string.Concat(update.ContentUpdate.Select(c => c.Text));
            total = update.Usage?.TotalTokenCount ?? total;
        }

        Assert.Equal(("All is well.", ChatFinishReason.Stop, 123), (whole.Content[0].Text, whole.FinishReason, whole.Usage.TotalTokenCount));
        Assert.Equal(("All is well.", 123), (text, total));
    }

    [Fact]
    public async Task Chat_ThePanel_Answers()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Scripted.Says(Ask.PanelServer.Fact);

        ChatCompletion answer = await Client(host).GetChatClient("quorate").CompleteChatAsync([new UserChatMessage("Is the bridge safe?")], cancellationToken: Token);

        Assert.Contains("bridge", answer.Content[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_List_HasThePanel()
    {
        await using var host = await GatewayHost.StartAsync();

        OpenAIModelCollection models = await Client(host).GetOpenAIModelClient().GetModelsAsync(Token);

        Assert.Equal(["quorate", .. GatewayHost.Five, "scripted"], models.Select(m => m.Id));
    }

    [Fact]
    public async Task Errors_UnknownModelAndWrongKey_AreTyped()
    {
        await using var host = await GatewayHost.StartAsync();

        var unknown = await Assert.ThrowsAsync<ClientResultException>(() => Client(host).GetChatClient("nobody").CompleteChatAsync([new UserChatMessage("How?")], cancellationToken: Token));
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => Client(host, "sk-wrong").GetChatClient("scripted").CompleteChatAsync([new UserChatMessage("How?")], cancellationToken: Token));

        Assert.Equal((404, 401), (unknown.Status, refused.Status));
        Assert.Contains("model_not_found", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Abort_CallerCancels_TheUpstreamCallEnds()
    {
        await using var host = await GatewayHost.StartAsync();
        var (began, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        host.Scripted.Then(async context =>
        {
            using var registration = context.RequestAborted.Register(() => ended.TrySetResult());
            began.TrySetResult();
            await ended.Task;
        });
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var asking = Client(host).GetChatClient("scripted").CompleteChatAsync([new UserChatMessage("How?")], cancellationToken: leaving.Token);
        await began.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    private static OpenAIClient Client(GatewayHost host, string? key = null) => new(new ApiKeyCredential(key ?? host.Key), new OpenAIClientOptions { Endpoint = new Uri(host.Address, "/v1") });
}

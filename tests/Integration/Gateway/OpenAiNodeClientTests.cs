using System.Diagnostics;
using System.Text.Json;
using Quorate.Tests.Integration.Cli;
using Quorate.Tests.Integration.Models;

namespace Quorate.Tests.Integration.Gateway;

/// <summary>OpenAI's own npm library against /v1; eng/ensure-openai-client.sh puts it where it is looked for.</summary>
public class OpenAiNodeClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_ChatStreamModelsErrorsAbort_AllBehave()
    {
        await RunAsync("bash", Path.Combine(QuorateCli.Root, "eng/ensure-openai-client.sh"));
        await using var host = await GatewayHost.StartAsync();
        var ended = new TaskCompletionSource();
        host.Scripted.Says("All is well.").Streams("All ", "is well.").Sends("text/event-stream", ScriptedModelServer.Token("Half an"), "!cut").Then(async context =>
        {
            using var registration = context.RequestAborted.Register(() => ended.TrySetResult());
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(ScriptedModelServer.Token("first")), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await ended.Task;
        });

        var printed = await RunAsync("node", Path.Combine(QuorateCli.Root, "tests/Integration/Gateway/openai-client.mjs"), Path.Combine(QuorateCli.Root, "artifacts/openai-client"), new Uri(host.Address, "/v1").ToString(), host.Key);
        var seen = JsonSerializer.Deserialize<JsonElement>(printed);

        string? Text(string name) => seen.GetProperty(name).GetString();
        Assert.Equal(["quorate", .. GatewayHost.Five, "scripted"], seen.GetProperty("models").EnumerateArray().Select(m => m.GetString()!));
        Assert.Equal(("All is well.", "stop", 123), (Text("whole"), Text("finish"), seen.GetProperty("tokens").GetInt32()));
        Assert.Equal(("All is well.", 123), (Text("stream"), seen.GetProperty("streamTokens").GetInt32()));
        Assert.Contains("bridge", Text("panel"), StringComparison.Ordinal);
        Assert.InRange(seen.GetProperty("score").GetDouble(), 0, 100);
        var error = seen.GetProperty("error");
        Assert.Equal((404, "model_not_found", "model", "NotFoundError"), (error.GetProperty("status").GetInt32(), error.GetProperty("code").GetString(), error.GetProperty("param").GetString(), error.GetProperty("kind").GetString()));
        Assert.Equal(("Half an", "model_cut"), (Text("beforeCut"), Text("cut")));
        Assert.Equal(("first", true), (Text("beforeAbort"), seen.GetProperty("aborted").GetBoolean()));
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        arguments.ToList().ForEach(start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var (stdout, stderr) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        Assert.True(process.ExitCode == 0, $"{program} {arguments[0]} exited with {process.ExitCode}: {await stderr}");
        return await stdout;
    }
}

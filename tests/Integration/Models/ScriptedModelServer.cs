using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Quorate.Tests.Integration.Models;

/// <summary>
/// A real OpenAI-compatible server on loopback that answers each call with the next step of a script, and 599 when the
/// script is over. Keeps what it was sent.
/// </summary>
public sealed class ScriptedModelServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();
    private readonly CancellationTokenSource _stopping = new();
    private int _listings;

    private ScriptedModelServer(WebApplication app) => _app = app;

    /// <summary>What was posted, oldest first.</summary>
    public ConcurrentQueue<ReceivedCall> Calls { get; } = new();

    /// <summary>How a request for the list of models is answered.</summary>
    public Func<HttpContext, Task> ListsModels { get; set; } = context => context.Response.WriteAsJsonAsync(new { data = new[] { new { id = "test-model" } } });

    /// <summary>Requests for the list of models so far.</summary>
    public int Listings => _listings;

    /// <summary>The base address for clients, ending in <c>/v1</c>.</summary>
    public Uri Endpoint => new(_app.Urls.First() + "/v1");

    public static async Task<ScriptedModelServer> StartAsync(CancellationToken cancellationToken)
    {
        var app = LoopbackApp.Create();
        var server = new ScriptedModelServer(app);
        app.MapPost("/v1/chat/completions", server.AnswerAsync);
        app.MapGet("/v1/models", context =>
        {
            Interlocked.Increment(ref server._listings);
            return server.ListsModels(context);
        });
        await app.StartAsync(cancellationToken);
        return server;
    }

    /// <summary>A completion with this text.</summary>
    public ScriptedModelServer Says(string text) => Then(context => context.Response.WriteAsJsonAsync(new
    {
        id = "c1",
        @object = "chat.completion",
        model = "test-model",
        choices = new[] { new { index = 0, message = new { role = "assistant", content = text }, finish_reason = "stop" } },
        usage = new { prompt_tokens = 100, completion_tokens = 23, total_tokens = 123 },
    }));

    /// <summary>A status with a body as it is.</summary>
    public ScriptedModelServer Status(int status, string body = "", params (string Name, string Value)[] headers) => Then(context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return context.Response.WriteAsync(body);
    });

    /// <summary>Takes the request and never answers.</summary>
    public ScriptedModelServer Stalls() => Then(async context =>
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    });

    /// <summary>
    /// Pieces of a body, each sent as it is when its turn comes: <c>!stall</c> waits without end, <c>!cut</c> breaks the connection.
    /// </summary>
    public ScriptedModelServer Sends(string contentType, params string[] pieces) => Then(async context =>
    {
        context.Response.ContentType = contentType;
        foreach (var piece in pieces)
        {
            if (piece == "!stall")
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
                await context.Response.Body.FlushAsync(either.Token);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            if (piece == "!cut")
            {
                await context.Response.Body.FlushAsync();
                // A reset right behind the bytes would take them along: the peer's kernel throws away what was not read yet.
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
                context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
                return;
            }

            await context.Response.WriteAsync(piece);
            await context.Response.Body.FlushAsync();
        }
    });

    /// <summary>A whole stream of these texts.</summary>
    public ScriptedModelServer Streams(params string[] texts) => Sends("text/event-stream", [.. texts.Select(Token), Finish("stop"), Usage, Done]);

    public const string Done = "data: [DONE]\n\n";
    public const string Usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":23,\"total_tokens\":123}}\n\n";

    public static string Token(string text) =>
        $"data: {{\"id\":\"c1\",\"model\":\"test-model\",\"choices\":[{{\"index\":0,\"delta\":{{\"role\":\"assistant\",\"content\":{JsonSerializer.Serialize(text)}}},\"finish_reason\":null}}]}}\n\n";

    public static string Finish(string reason) => $"data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}\n\n";

    /// <summary>Announces a long body, sends a piece of it and hangs up.</summary>
    public ScriptedModelServer Cuts() => Then(async context =>
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = 10_000;
        await context.Response.WriteAsync("{\"choices\":[{\"message\":{\"content\":\"{\\\"root_goal");
        await context.Response.Body.FlushAsync();
        context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
    });

    public ScriptedModelServer Then(Func<HttpContext, Task> step)
    {
        _script.Enqueue(step);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        Calls.Enqueue(new ReceivedCall(await reader.ReadToEndAsync(), context.Request.Headers.Authorization.ToString()));
        if (_script.TryDequeue(out var step))
        {
            await step(context);
        }
        else
        {
            context.Response.StatusCode = 599;
        }
    }
}

/// <summary>One call as the server saw it.</summary>
public sealed record ReceivedCall(string Body, string Authorization)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public IReadOnlyList<string> Contents => [.. Json.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("content").GetString()!)];

    /// <summary>The kind of answer asked for; empty when none was.</summary>
    public string Format => Json.TryGetProperty("response_format", out var format) ? format.GetProperty("type").GetString()! : "";
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Models.Panel;

namespace Quorate.Models.Pipeline;

/// <summary>
/// Records every call, failed ones too, before the end of its answer is used. The prompt is the JSON array of messages as sent; the
/// response is the answer's text, as far as it came, or the raw body when that was no answer. Credentials are not part of either.
/// </summary>
public sealed class AuditChatClient(IChatClient inner, Func<LlmRun, CancellationToken, Task> sink, TimeProvider time, IIdSource ids) : DelegatingChatClient(inner)
{
    private volatile Described? _lastConfig;
    private readonly ChatClientMetadata? _metadata = inner.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata;

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var call = Begin(sent, options, stream: false);
        try
        {
            var response = await base.GetResponseAsync(sent, options, cancellationToken);
            await RecordAsync(call, response.Text, null, response.Usage);
            return response;
        }
        catch (ModelException error)
        {
            await RecordAsync(call, error.Raw, error.Code, null);
            throw;
        }
        catch (OperationCanceledException)
        {
            await RecordAsync(call, "", Ending(options), null);
            throw;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var call = Begin(sent, options, stream: true);
        var answer = new StreamedAnswer();
        // What stays here when the caller walks away in the middle.
        string? error = null, raw = "";
        var ended = false;
        try
        {
            await using var updates = base.GetStreamingResponseAsync(sent, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    ended = !await updates.MoveNextAsync();
                }
                catch (ModelException failure)
                {
                    (error, raw) = (failure.Code, failure.Raw);
                    throw;
                }

                if (ended)
                {
                    break;
                }

                answer.Add(updates.Current);
                yield return updates.Current;
            }
        }
        finally
        {
            var text = answer.Text;
            await RecordAsync(call, text.Length > 0 ? text : raw, ended ? null : error ?? Ending(options), answer.Usage);
        }
    }

    private sealed record Described((int?, long?, ChatResponseFormat?, bool) Key, JsonElement Json);

    private sealed record Call(string Prompt, ChatOptions? Options, bool Stream, DateTimeOffset CreatedAt, long Started);

    private Call Begin(IReadOnlyCollection<ChatMessage> messages, ChatOptions? options, bool stream) =>
        new(QuorateJson.Serialize(messages.Select(m => new { role = m.Role.Value, content = m.Text })), options, stream, time.GetUtcNow(), time.GetTimestamp());

    // The record must be durable even when the caller has gone, so it is written without the caller's token.
    private Task RecordAsync(Call call, string response, string? error, UsageDetails? usage) => sink(
        new LlmRun
        {
            RunId = ids.Next("run"),
            IncidentId = call.Options?.ConversationId,
            Model = call.Options?.ModelId ?? _metadata?.DefaultModelId ?? "unknown",
            Config = Config(call),
            Prompt = call.Prompt,
            Response = response,
            PromptHash = TextHash.Of(call.Prompt),
            ResponseHash = TextHash.Of(response),
            Temp = Math.Round(call.Options?.Temperature ?? 0, 3),
            Tokens = (int)Math.Clamp(usage.TotalTokens(), 0, int.MaxValue),
            CreatedAt = call.CreatedAt,
            LatencyMs = time.GetElapsedTime(call.Started).TotalMilliseconds,
            Error = error,
        },
        CancellationToken.None);

    private static string Ending(ChatOptions? options) => CallDeadline.Of(options).Passed.IsCancellationRequested ? "timeout" : "cancelled";

    private JsonElement Config(Call call)
    {
        // Nearly all calls of a member are alike in these.
        var key = (call.Options?.MaxOutputTokens, call.Options?.Seed, call.Options?.ResponseFormat, call.Stream);
        if (_lastConfig is not { } last || last.Key != key)
        {
            _lastConfig = last = new(key, Describe(call));
        }

        return last.Json;
    }

    private JsonElement Describe(Call call) => QuorateJson.ToElement(new
    {
        Provider = _metadata?.ProviderName,
        Endpoint = _metadata?.ProviderUri?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        MaxTokens = call.Options?.MaxOutputTokens,
        call.Options?.Seed,
        ResponseFormat = call.Options?.ResponseFormat switch
        {
            ChatResponseFormatJson { Schema: not null } => "json_schema",
            ChatResponseFormatJson => "json_object",
            _ => "text",
        },
        Stream = call.Stream ? true : (bool?)null,
    });
}

public static class AuditChatClientExtensions
{
    public static IChatClient UseAudit(this IChatClient client, Func<LlmRun, CancellationToken, Task> sink, TimeProvider time, IIdSource ids) =>
        new AuditChatClient(client, sink, time, ids);
}

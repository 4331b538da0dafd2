using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;

namespace Quorate.Models.Pipeline;

/// <summary>
/// Records every call, failed ones too, before its answer is used. The prompt is the JSON array of messages as sent; the
/// response is the answer's text, or the raw body when that was no answer. Credentials are not part of either.
/// </summary>
public sealed class AuditChatClient(IChatClient inner, Func<LlmRun, CancellationToken, Task> sink, TimeProvider time, IIdSource ids) : WholeAnswerChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var createdAt = time.GetUtcNow();
        var started = time.GetTimestamp();
        try
        {
            var response = await base.GetResponseAsync(sent, options, cancellationToken);
            await RecordAsync(response.Text, null, response.Usage);
            return response;
        }
        catch (ModelException error)
        {
            await RecordAsync(error.Raw, error.Code, null);
            throw;
        }
        catch (OperationCanceledException)
        {
            await RecordAsync("", CallDeadline.Of(options).Passed.IsCancellationRequested ? "timeout" : "cancelled", null);
            throw;
        }

        // The record must be durable even when the caller has gone, so it is written without the caller's token.
        Task RecordAsync(string response, string? error, UsageDetails? usage)
        {
            var prompt = Text(sent);
            return sink(
                new LlmRun
                {
                    RunId = ids.Next("run"),
                    IncidentId = options?.ConversationId,
                    Model = options?.ModelId ?? Metadata?.DefaultModelId ?? "unknown",
                    Config = Config(options),
                    Prompt = prompt,
                    Response = response,
                    PromptHash = Hash(prompt),
                    ResponseHash = Hash(response),
                    Temp = Math.Round(options?.Temperature ?? 0, 3),
                    Tokens = (int)Math.Clamp(usage?.TotalTokenCount ?? (usage?.InputTokenCount ?? 0) + (usage?.OutputTokenCount ?? 0), 0, int.MaxValue),
                    CreatedAt = createdAt,
                    LatencyMs = time.GetElapsedTime(started).TotalMilliseconds,
                    Error = error,
                },
                CancellationToken.None);
        }
    }

    /// <summary>SHA-256 of the UTF-8 text, lower-case hex.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private ChatClientMetadata? Metadata => InnerClient.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata;

    private static string Text(IEnumerable<ChatMessage> messages) =>
        QuorateJson.Serialize(messages.Select(m => new { role = m.Role.Value, content = m.Text }));

    private JsonElement Config(ChatOptions? options) => QuorateJson.ToElement(new
    {
        Provider = Metadata?.ProviderName,
        Endpoint = Metadata?.ProviderUri?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        MaxTokens = options?.MaxOutputTokens,
        options?.Seed,
        ResponseFormat = options?.ResponseFormat switch
        {
            ChatResponseFormatJson { Schema: not null } => "json_schema",
            ChatResponseFormatJson => "json_object",
            _ => "text",
        },
    });
}

public static class AuditChatClientExtensions
{
    public static IChatClient UseAudit(this IChatClient client, Func<LlmRun, CancellationToken, Task> sink, TimeProvider time, IIdSource ids) =>
        new AuditChatClient(client, sink, time, ids);
}

using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Quorate.Models;
using Quorate.Models.Panel;

namespace Quorate.Server.OpenAi;

/// <summary>One member's completion, through its whole pipeline. Failures before the first byte are thrown.</summary>
internal static class MemberChat
{
    private const string ContentFilter = "content_filter";

    public static async Task AnswerAsync(HttpContext context, ChatCall call, IChatClient client, ServerParts parts)
    {
        ChatResponse response;
        try
        {
            response = await client.GetResponseAsync(call.Messages, call.Options, context.RequestAborted);
        }
        catch (ModelException refused) when (refused.Failure == ModelFailure.Filtered)
        {
            await OpenAiJson.AnswerAsync(context, json => Write(json, call, parts, null, refused.Message, ContentFilter, null, null));
            return;
        }

        await OpenAiJson.AnswerAsync(context, json => Write(json, call, parts, response.Text, null, response.FinishReason?.Value ?? "stop", response.Usage, response));
    }

    public static async Task StreamAsync(HttpContext context, ChatCall call, IChatClient client, ServerParts parts)
    {
        using var wire = new ChatWire(context, parts.Ids.Next("chatcmpl"), parts.Time.GetUtcNow().ToUnixTimeSeconds(), call.Model, call.IncludeUsage);
        try
        {
            await RelayAsync(context, call, client, wire);
        }
        catch (ModelException refused) when (refused.Failure == ModelFailure.Filtered && !wire.Started)
        {
            wire.Text(refused.Message, "\"refusal\":"u8);
            wire.End(ContentFilter, null, call.IncludeUsage);
        }
        catch (ModelException failure) when (wire.Started)
        {
            wire.Fail(OpenAiError.Of(failure));
        }

        await wire.SendAsync();
    }

    private static async Task RelayAsync(HttpContext context, ChatCall call, IChatClient client, ChatWire wire)
    {
        ChatFinishReason? finish = null;
        UsageDetails? usage = null;
        await using var updates = client.GetStreamingResponseAsync(call.Messages, call.Options, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        while (true)
        {
            var next = updates.MoveNextAsync();
            // Tokens that have arrived together leave together; none waits for another.
            if (!next.IsCompleted && wire.Unsent)
            {
                await wire.SendAsync();
            }

            if (!await next)
            {
                break;
            }

            var update = updates.Current;
            finish = update.FinishReason ?? finish;
            for (var i = 0; i < update.Contents.Count; i++)
            {
                switch (update.Contents[i])
                {
                    case TextContent { Text: { Length: > 0 } text }:
                        wire.Text(text);
                        break;
                    case UsageContent counted:
                        usage = counted.Details;
                        break;
                    default:
                        break;
                }
            }
        }

        wire.End(finish?.Value ?? "stop", usage, call.IncludeUsage);
    }

    private static void Write(Utf8JsonWriter json, ChatCall call, ServerParts parts, string? text, string? refusal, string finish, UsageDetails? usage, ChatResponse? response)
    {
        json.WriteStartObject();
        Completion.WriteHead(json, parts.Ids.Next("chatcmpl"), parts.Time, call.Model);
        Completion.WriteChoice(json, text, refusal, finish);
        if (usage is not null)
        {
            OpenAiJson.WriteUsage(json, usage);
        }

        if (response is not null && (response.IsCached() || response.CostUsd() > 0))
        {
            json.WriteStartObject("quorate"u8);
            json.WriteBoolean("cached"u8, response.IsCached());
            json.WriteNumber("cost_usd"u8, response.CostUsd());
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}

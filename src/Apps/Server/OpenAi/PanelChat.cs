using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Server.Security;

namespace Quorate.Server.OpenAi;

/// <summary>The panel's completion: the ask engine over the last message. A stream tells its progress in comments and then gives the text in pieces.</summary>
internal static class PanelChat
{
    private const int LongestKey = 255;
    private const int PieceLength = 48;

    public static async Task AnswerAsync(HttpContext context, ChatCall call, ServerParts parts, PanelRuns runs)
    {
        try
        {
            var ticket = Ticket(context, call);
            var (run, busy) = runs.Enter(ticket, ChosenWriter(context, parts, PanelQuestion.Read(call)));
            if (run is null)
            {
                await busy!.ExecuteAsync(context);
                return;
            }

            try
            {
                await (call.Stream ? StreamAsync(context, call, run, parts) : WholeAsync(context, call, run, parts));
            }
            finally
            {
                runs.Leave(run);
            }
        }
        catch (FieldException wrong)
        {
            await wrong.Error.ExecuteAsync(context);
        }
    }

    /// <summary>The caller's own choice of who writes summaries, unless the request makes another.</summary>
    private static AskRequest ChosenWriter(HttpContext context, ServerParts parts, AskRequest request) =>
        request.Aggregator is null && context.Caller().User.Aggregator is { } own && ModelsEndpoint.Find(parts.Panel(), own) is not null ? request with { Aggregator = own } : request;

    private static PanelTicket Ticket(HttpContext context, ChatCall call)
    {
        var headers = context.Request.Headers;
        var key = headers["Idempotency-Key"] is [{ Length: > 0 } given] ? given : null;
        var retry = int.TryParse(headers["x-stainless-retry-count"], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : (int?)null;
        return key?.Length <= LongestKey || key is null
            ? new PanelTicket(context.Caller().User.Id, key, call.BodyHash, retry)
            : throw new FieldException(new OpenAiError(StatusCodes.Status400BadRequest, "invalid_value", $"Idempotency-Key: at most {LongestKey} characters are allowed"));
    }

    private static async Task WholeAsync(HttpContext context, ChatCall call, PanelRun run, ServerParts parts)
    {
        var (result, error) = await OutcomeAsync(run, context);
        await (result is null ? error!.ExecuteAsync(context) : OpenAiJson.AnswerAsync(context, json =>
        {
            json.WriteStartObject();
            Completion.WriteHead(json, "chatcmpl-" + run.JobId, parts.Time, call.Model);
            Completion.WriteChoice(json, result.Consensus.Text, null, "stop");
            OpenAiJson.WriteUsage(json, UsageOf(result));
            json.WritePropertyName("quorate"u8);
            WriteExtras(json, result);
            json.WriteEndObject();
        }));
    }

    private static async Task StreamAsync(HttpContext context, ChatCall call, PanelRun run, ServerParts parts)
    {
        using var wire = new ChatWire(context, "chatcmpl-" + run.JobId, parts.Time.GetUtcNow().ToUnixTimeSeconds(), call.Model, call.IncludeUsage);
        while (!run.Result.IsCompleted)
        {
            var changed = run.Changed;
            if (run.Progress is { } at)
            {
                wire.Comment($"{at.Stage} {at.Ended}/{at.Members}");
                await wire.SendAsync();
            }

            await Task.WhenAny(changed, run.Result).WaitAsync(context.RequestAborted);
        }

        var (result, error) = await OutcomeAsync(run, context);
        if (result is null && !wire.Started)
        {
            await error!.ExecuteAsync(context);
            return;
        }

        if (result is null)
        {
            wire.Fail(error!);
        }
        else
        {
            foreach (var piece in Pieces(result.Consensus.Text))
            {
                wire.Text(piece);
            }

            wire.End("stop", UsageOf(result), call.IncludeUsage, json => WriteExtras(json, result));
        }

        await wire.SendAsync();
    }

    /// <summary>Cancellation is the client's own: the run's end by others is an error.</summary>
    private static async Task<(AskResult? Result, OpenAiError? Error)> OutcomeAsync(PanelRun run, HttpContext context)
    {
        try
        {
            var result = await run.Result.WaitAsync(context.RequestAborted);
            return result.Consensus.Method != ConsensusMethod.None ? (result, null)
                : (null, new OpenAiError(StatusCodes.Status502BadGateway, "no_usable_answer", $"no member gave a usable answer: {string.Join("; ", result.Responses.Select(r => $"{r.Model} {r.Error?.Code ?? r.Status}"))}") { Final = true });
        }
        catch (QuorateException error)
        {
            return (null, OpenAiError.Of(error));
        }
        catch (TimeoutException error)
        {
            return (null, new OpenAiError(StatusCodes.Status504GatewayTimeout, "panel_timeout", error.Message) { Final = true });
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return (null, new OpenAiError(StatusCodes.Status503ServiceUnavailable, "stopping", "the server stops; ask again in a moment") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
    }

    /// <summary>The engine keeps the sum of a call's tokens only.</summary>
    private static UsageDetails UsageOf(AskResult result)
    {
        var total = result.TotalTokens;
        return new UsageDetails { InputTokenCount = 0, OutputTokenCount = total, TotalTokenCount = total };
    }

    private static void WriteExtras(Utf8JsonWriter json, AskResult result)
    {
        json.WriteStartObject();
        json.WriteString("job_id"u8, result.JobId);
        json.WriteNumber("score"u8, Math.Round(result.Consensus.Score, 2));
        json.WriteBoolean("degraded"u8, result.Consensus.Degraded);
        json.WriteString("method"u8, result.Consensus.Method);
        json.WriteString("answer"u8, result.Consensus.Answer);
        json.WriteString("aggregator"u8, result.Consensus.Aggregator);
        json.WriteNumber("cost_usd"u8, result.TotalCost);
        json.WriteStartArray("members"u8);
        foreach (var part in result.Responses)
        {
            json.WriteStartObject();
            json.WriteString("model"u8, part.Model);
            json.WriteString("status"u8, part.Status);
            json.WriteString("error"u8, part.Error?.Code);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("dissent"u8);
        foreach (var dissent in result.Dissent)
        {
            json.WriteStartObject();
            json.WriteString("model"u8, dissent.Model);
            json.WriteString("text"u8, dissent.Text);
            json.WriteString("reason"u8, dissent.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Cut behind spaces, so that no character is cut in two.</summary>
    private static IEnumerable<string> Pieces(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var space = start + PieceLength < text.Length ? text.IndexOf(' ', start + PieceLength) : -1;
            var end = space < 0 ? text.Length : space + 1;
            yield return text[start..end];
            start = end;
        }
    }
}

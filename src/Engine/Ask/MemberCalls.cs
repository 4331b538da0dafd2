using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Decision;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Models.Pipeline;

namespace Quorate.Engine.Ask;

/// <summary>Calls one member, at most once for each stage of a job, and keeps what came of it.</summary>
/// <param name="panel">The models.</param>
/// <param name="known">What the job's journal held when the work began.</param>
/// <param name="journal">Where new parts go.</param>
/// <param name="budget">Of the whole question; null for none.</param>
/// <param name="time">Measures latencies.</param>
internal sealed class MemberCalls(IModelPanel panel, IReadOnlyDictionary<string, string> known, IAskJournal journal, CallBudget? budget, TimeProvider time)
{
    /// <summary>More than any model reads at once: a server that claims more is wrong, and sums must not overflow.</summary>
    private const int MaxTokens = 10_000_000;

    /// <summary>Failures are values; only cancellation is thrown.</summary>
    public async Task<MemberResponse> AskAsync(Stage stage, Call call, CancellationToken cancellationToken)
    {
        var key = $"{stage.Name}/{call.Seat.Name}";
        if (known.TryGetValue(key, out var kept) && QuorateJson.Deserialize<MemberResponse>(kept) is { } earlier)
        {
            return earlier;
        }

        var response = await AskAnewAsync(stage, call, cancellationToken);
        await journal.AppendAsync(stage.JobId, key, QuorateJson.Serialize(response), CancellationToken.None);
        return response;
    }

    /// <summary>The messages as people read them.</summary>
    public static string PromptOf(IReadOnlyList<ChatMessage> messages) => string.Join("\n\n", messages.Select(m => $"[{m.Role.Value}]\n{m.Text}"));

    private async Task<MemberResponse> AskAnewAsync(Stage stage, Call call, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var blank = new MemberResponse { Model = call.Seat.Name, Role = call.Seat.Role?.Name, Text = "", Status = ResponseStatus.Failed, Prompt = PromptOf(call.Messages) };
        try
        {
            var options = new ChatOptions { ConversationId = stage.JobId };
            var answer = await panel.Client(call.Seat.Name).GetResponseAsync(call.Messages, budget?.In(options) ?? options, cancellationToken);
            var text = Thoughts.Remove(answer.Text);
            return blank with
            {
                Text = text,
                Status = text.Length > 0 ? ResponseStatus.Ok : ResponseStatus.Failed,
                Error = text.Length > 0 ? null : new MemberError("empty", "the answer has no text"),
                LatencyMs = time.GetElapsedTime(started).TotalMilliseconds,
                Tokens = (int)Math.Clamp(answer.Usage.TotalTokens(), 0, MaxTokens),
                Cost = answer.CostUsd(),
            };
        }
        catch (Exception e) when (ErrorOf(e, cancellationToken) is { } error)
        {
            return blank with { Error = error, LatencyMs = time.GetElapsedTime(started).TotalMilliseconds };
        }
    }

    /// <summary>One member's trouble, whatever it is, must not end the panel's work. Null: the caller has cancelled.</summary>
    private static MemberError? ErrorOf(Exception e, CancellationToken cancellationToken) => e switch
    {
        ModelException model => new MemberError(model.Code, model.Message),
        QuorateException known => new MemberError(known.Code, known.Message),
        OperationCanceledException => cancellationToken.IsCancellationRequested ? null : new MemberError("timeout", "the call was given up"),
        _ => new MemberError("defect", $"the call failed unexpectedly: {e.GetType().Name}: {e.Message}"),
    };
}

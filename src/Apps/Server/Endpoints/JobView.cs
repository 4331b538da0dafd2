using Quorate.Engine.Ask.Catalog;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;

namespace Quorate.Server.Endpoints;

/// <param name="JobId">Its id.</param>
/// <param name="Status">processing, completed, error or cancelled.</param>
/// <param name="State">queued, running, done, failed or cancelled.</param>
/// <param name="Stage">asking, asking again, analysing, reviewing, aggregating or certifying while it runs, else the state.</param>
/// <param name="Progress">0–100.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="ErrorCode">The same, for programs.</param>
/// <param name="CreatedAt">When it was asked.</param>
/// <param name="StartedAt">When a server first took it up.</param>
/// <param name="EndedAt">When it ended.</param>
public sealed record JobStatus(
    string JobId, string Status, string State, string Stage, int Progress, string? Error, string? ErrorCode, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt);

/// <summary>Jobs as clients see them.</summary>
internal static class JobView
{
    public const string Processing = "processing";

    private const string AggregatorRole = "Aggregator";

    public static JobStatus Status(AskJob job) => new(
        job.JobId,
        StatusOf(job.State),
        job.State.ToString().ToLowerInvariant(),
        job.Stage,
        job.Progress,
        job.Error?.Message,
        job.Error?.Code,
        job.CreatedAt,
        job.StartedAt,
        job.EndedAt);

    public static string StatusOf(AskJobState state) => state switch
    {
        AskJobState.Done => "completed",
        AskJobState.Failed => "error",
        AskJobState.Cancelled => "cancelled",
        _ => Processing,
    };

    /// <summary>The result as <c>quorate ask --json</c> prints it, with the question's own fields at the top and each member's text by name.</summary>
    public static JsonObject Result(AskResult result)
    {
        var view = (JsonObject)JsonSerializer.SerializeToNode(result, QuorateJson.Options)!;
        view["status"] = StatusOf(AskJobState.Done);
        view["state"] = "done";
        view["query"] = result.Request.Query;
        view["domain"] = result.Request.Domain;
        view["question_type"] = QuestionTypes.NameOf(result.Request.QuestionType);
        view["aggregator_id"] = result.Consensus.Aggregator;
        view["consensus_score"] = Math.Round(result.Consensus.Score);
        view["agent_responses"] = new JsonObject(result.Responses.Select(r => KeyValuePair.Create(r.Model, (JsonNode?)r.Text)));
        view["roles"] = Roles(result.Responses.Select(r => (r.Model, r.Role, r.Model == result.Consensus.Aggregator)));
        return view;
    }

    /// <summary>Such as <c>qwen: Utilitarian; llama3: Aggregator</c>.</summary>
    public static string Roles(IEnumerable<(string Member, string? Role, bool IsAggregator)> members) => string.Join(
        "; ", members.Where(m => m.Role is not null || m.IsAggregator).Select(m => $"{m.Member}: {(m.IsAggregator ? m.Role is null ? AggregatorRole : $"{m.Role}, {AggregatorRole}" : m.Role)}"));
}

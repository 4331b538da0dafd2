using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Asking;

/// <summary>A question as the table holds it.</summary>
internal sealed record JobRow(
    string JobId,
    long UserId,
    string Request,
    string State,
    string Stage,
    long Progress,
    string? ErrorCode,
    string? ErrorMessage,
    long Attempts,
    long CreatedAt,
    long? StartedAt,
    long? EndedAt)
{
    public const string Columns = """
        job_id AS JobId, user_id AS UserId, request, state, stage, progress, error_code AS ErrorCode, error_message AS ErrorMessage,
        attempts, created_at_us AS CreatedAt, started_at_us AS StartedAt, ended_at_us AS EndedAt
        """;

    public AskJob ToJob() => new()
    {
        JobId = JobId,
        UserId = UserId,
        Request = QuorateJson.Deserialize<AskRequest>(Request)!,
        State = Enum.Parse<AskJobState>(State, ignoreCase: true),
        Stage = Stage,
        Progress = (int)Progress,
        Error = ErrorCode is null ? null : new AskJobError(ErrorCode, ErrorMessage ?? ""),
        Attempts = (int)Attempts,
        CreatedAt = LedgerTime.FromMicros(CreatedAt),
        StartedAt = StartedAt is { } started ? LedgerTime.FromMicros(started) : null,
        EndedAt = EndedAt is { } ended ? LedgerTime.FromMicros(ended) : null,
    };
}

/// <summary>A member's part as the table holds it: its text in a column of its own, the rest as JSON.</summary>
internal sealed record ResponseRow(string JobId, long Position, string AgentId, string? Role, string Response, long IsAggregator, string Status, string Detail)
{
    public const string Columns = "job_id AS JobId, position, agent_id AS AgentId, role, response, is_aggregator AS IsAggregator, status, detail";

    public static ResponseRow Of(AskResult result, int position)
    {
        var part = result.Responses[position];
        var isAggregator = part.Model == result.Consensus.Aggregator;
        return new(result.JobId, position, part.Model, part.Role, part.Text, isAggregator ? 1 : 0, part.Status, QuorateJson.Serialize(part with { Text = "" }));
    }

    public MemberResponse ToResponse() => QuorateJson.Deserialize<MemberResponse>(Detail)! with { Text = Response };
}

using Dapper;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage.Asking;

/// <summary>What servers do: claim under a lease, report, end. Each write but the claim is guarded by the job's owner.</summary>
internal sealed partial class SqliteAskJobStore
{
    /// <summary>How long answers of work that nobody ended are kept.</summary>
    private static readonly TimeSpan AnswersKept = TimeSpan.FromDays(7);

    private const string Held = "job_id = @jobId AND owner = @owner AND state = 'running'";

    public async Task<AskJob?> ClaimAsync(string owner, TimeSpan lease, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            UPDATE interactions SET state = 'running', stage = 'asking', owner = @owner, lease_until_us = @until,
              attempts = attempts + 1, started_at_us = coalesce(started_at_us, @now)
            WHERE job_id = (
              SELECT job_id FROM interactions AS i
              WHERE state = 'queued' OR (state = 'running' AND lease_until_us <= @now)
              ORDER BY (SELECT count(*) FROM interactions AS r WHERE r.user_id = i.user_id AND r.state = 'running' AND r.lease_until_us > @now),
                created_at_us, job_id
              LIMIT 1)
            RETURNING {JobRow.Columns}
            """;
        var now = time.GetUtcNow();
        var parameters = new { owner, now = LedgerTime.ToMicros(now), until = LedgerTime.ToMicros(now + lease) };
        var row = await database.RunWritingAsync(c => c.QuerySingleOrDefault<JobRow>(Sql, parameters), cancellationToken);
        return row?.ToJob();
    }

    public async Task<bool> RenewAsync(string jobId, string owner, TimeSpan lease, string stage, int progress, CancellationToken cancellationToken)
    {
        // Progress never goes back: a resumed job passes what it had reached in a moment.
        const string Sql = $"UPDATE interactions SET lease_until_us = @until, stage = @stage, progress = max(progress, @progress) WHERE {Held}";
        var until = LedgerTime.ToMicros(time.GetUtcNow() + lease);
        return await database.RunAsync(c => c.Execute(Sql, new { jobId, owner, until, stage, progress }), cancellationToken) == 1;
    }

    public Task<bool> CompleteAsync(string owner, AskResult result, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO responses (job_id, position, agent_id, role, response, is_aggregator, status, detail)
            VALUES (@JobId, @Position, @AgentId, @Role, @Response, @IsAggregator, @Status, @Detail)
            """;
        var parts = Enumerable.Range(0, result.Responses.Count).Select(i => ResponseRow.Of(result, i)).ToList();
        var outcome = QuorateJson.Serialize(result with { Responses = [] });
        return EndAsync(
            result.JobId,
            "UPDATE interactions SET state = 'done', stage = 'done', progress = 100",
            new { jobId = result.JobId, owner, Now },
            c =>
            {
                c.Execute(Insert, parts);
                c.Execute("INSERT INTO analysis (job_id, outcome) VALUES (@JobId, @outcome)", new { result.JobId, outcome });
            },
            cancellationToken);
    }

    public Task<bool> FailAsync(string jobId, string owner, AskJobError error, CancellationToken cancellationToken) => EndAsync(
        jobId,
        "UPDATE interactions SET state = 'failed', stage = 'failed', error_code = @Code, error_message = @Message",
        new { jobId, owner, Now, error.Code, error.Message },
        _ => { },
        cancellationToken);

    public Task ReleaseAsync(string jobId, string owner, CancellationToken cancellationToken)
    {
        const string Sql = $"UPDATE interactions SET state = 'queued', stage = 'queued', owner = NULL, lease_until_us = 0, attempts = attempts - 1 WHERE {Held}";
        return database.RunAsync(c => c.Execute(Sql, new { jobId, owner }), cancellationToken);
    }

    public Task PruneAsync(CancellationToken cancellationToken)
    {
        const string Sql = """
            DELETE FROM ask_answers WHERE created_at_us < @before
              AND job_id NOT IN (SELECT job_id FROM interactions WHERE state IN ('queued', 'running'))
            """;
        return database.RunAsync(c => c.Execute(Sql, new { before = LedgerTime.ToMicros(time.GetUtcNow() - AnswersKept) }), cancellationToken);
    }

    private Task<bool> EndAsync(string jobId, string update, object parameters, Action<SqliteConnection> more, CancellationToken cancellationToken) =>
        database.RunWritingAsync(
            c =>
            {
                if (c.Execute($"{update}, ended_at_us = @Now, owner = NULL, lease_until_us = 0 WHERE {Held}", parameters) != 1)
                {
                    return false;
                }

                more(c);
                DropAnswers(c, jobId);
                return true;
            },
            cancellationToken);

    private static void DropAnswers(SqliteConnection connection, string jobId) =>
        connection.Execute("DELETE FROM ask_answers WHERE job_id = @jobId", new { jobId });
}

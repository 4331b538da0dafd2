using Dapper;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage.Asking;

/// <summary>Questions in SQLite: what users do with theirs. The servers' side is in the other file of this class.</summary>
internal sealed partial class SqliteAskJobStore(SqliteDatabase database, TimeProvider time) : IAskJobStore
{
    private sealed record ScoredJob(string JobId, double? Score);

    private long Now => LedgerTime.ToMicros(time.GetUtcNow());

    public async Task<bool> SubmitAsync(string jobId, long userId, AskRequest request, int maxQueued, int maxHistory, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO interactions (job_id, user_id, query, domain, question_type, request, state, stage, progress, created_at_us)
            SELECT @jobId, @userId, @Query, @Domain, @type, @json, 'queued', 'queued', 0, @Now
            WHERE (SELECT count(*) FROM interactions WHERE state = 'queued') < @maxQueued
            """;
        const string Prune = """
            DELETE FROM interactions WHERE job_id IN (
              SELECT job_id FROM interactions WHERE user_id = @userId AND state IN ('done', 'failed', 'cancelled')
              ORDER BY created_at_us DESC, job_id DESC LIMIT -1 OFFSET @kept)
            """;
        var json = QuorateJson.Serialize(request);
        var type = QuorateJson.ToElement(request.QuestionType).GetString();
        return await database.RunWritingAsync(
            c =>
            {
                var added = c.Execute(Insert, new { jobId, userId, request.Query, request.Domain, type, json, Now, maxQueued }) == 1;
                c.Execute(Prune, new { userId, kept = maxHistory - 1 });
                return added;
            },
            cancellationToken);
    }

    public async Task<AskJob?> FindAsync(string jobId, long userId, CancellationToken cancellationToken)
    {
        var row = await database.RunAsync(
            c => c.QuerySingleOrDefault<JobRow>($"SELECT {JobRow.Columns} FROM interactions WHERE job_id = @jobId AND user_id = @userId", new { jobId, userId }),
            cancellationToken);
        return row?.ToJob();
    }

    public Task<AskResult?> ReadResultAsync(string jobId, long userId, CancellationToken cancellationToken) => database.RunAsync(
        c =>
        {
            const string Outcome = "SELECT outcome FROM analysis WHERE job_id = (SELECT job_id FROM interactions WHERE job_id = @jobId AND user_id = @userId)";
            if (c.QuerySingleOrDefault<string>(Outcome, new { jobId, userId }) is not { } outcome)
            {
                return null;
            }

            var parts = c.Query<ResponseRow>($"SELECT {ResponseRow.Columns} FROM responses WHERE job_id = @jobId ORDER BY position", new { jobId });
            return QuorateJson.Deserialize<AskResult>(outcome)! with { Responses = [.. parts.Select(p => p.ToResponse())] };
        },
        cancellationToken);

    public Task<IReadOnlyList<HistoryEntry>> ReadHistoryAsync(long userId, int limit, string? before, CancellationToken cancellationToken)
    {
        const string Jobs = $"""
            SELECT {JobRow.Columns} FROM interactions WHERE user_id = @userId
              AND (@before IS NULL OR (created_at_us, job_id) < (SELECT created_at_us, job_id FROM interactions WHERE job_id = @before AND user_id = @userId))
            ORDER BY created_at_us DESC, job_id DESC LIMIT @limit
            """;
        return database.RunAsync<IReadOnlyList<HistoryEntry>>(
            c =>
            {
                using var snapshot = c.BeginTransaction(deferred: true);
                var jobs = c.Query<JobRow>(Jobs, new { userId, before, limit }, snapshot).Select(r => r.ToJob()).ToList();
                var ids = jobs.ConvertAll(j => j.JobId);
                var scores = c.Query<ScoredJob>("SELECT job_id AS JobId, consensus_score AS Score FROM analysis WHERE job_id IN @ids", new { ids }, snapshot).ToDictionary(s => s.JobId, s => s.Score);
                var parts = c.Query<ResponseRow>($"SELECT {ResponseRow.Columns} FROM responses WHERE job_id IN @ids ORDER BY job_id, position", new { ids }, snapshot).ToLookup(p => p.JobId);
                return [.. jobs.Select(j => new HistoryEntry(
                    j, scores.GetValueOrDefault(j.JobId), [.. parts[j.JobId].Select(p => new HistoryResponse(p.AgentId, p.Role, p.Response, p.IsAggregator == 1))]))];
            },
            cancellationToken);
    }

    public Task<bool> DeleteAsync(string jobId, long userId, CancellationToken cancellationToken) => database.RunWritingAsync(
        c =>
        {
            var removed = c.Execute("DELETE FROM interactions WHERE job_id = @jobId AND user_id = @userId", new { jobId, userId }) == 1;
            if (removed)
            {
                DropAnswers(c, jobId);
            }

            return removed;
        },
        cancellationToken);

    public Task<bool> CancelAsync(string jobId, long userId, CancellationToken cancellationToken) => database.RunWritingAsync(
        c =>
        {
            const string Sql = """
                UPDATE interactions SET state = 'cancelled', stage = 'cancelled', owner = NULL, ended_at_us = @Now
                WHERE job_id = @jobId AND user_id = @userId AND state IN ('queued', 'running')
                """;
            var cancelled = c.Execute(Sql, new { jobId, userId, Now }) == 1;
            if (cancelled)
            {
                DropAnswers(c, jobId);
            }

            return cancelled;
        },
        cancellationToken);

    public async Task<AskJobCounts> CountAsync(CancellationToken cancellationToken)
    {
        var counts = await database.RunAsync(
            c => c.Query<(string State, long Count)>("SELECT state, count(*) FROM interactions WHERE state IN ('queued', 'running') GROUP BY state").ToDictionary(r => r.State, r => (int)r.Count),
            cancellationToken);
        return new AskJobCounts(counts.GetValueOrDefault("queued"), counts.GetValueOrDefault("running"));
    }
}

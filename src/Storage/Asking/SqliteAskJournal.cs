using Dapper;
using Quorate.Engine.Ask;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage.Asking;

/// <summary>Members' answers in one table.</summary>
internal sealed class SqliteAskJournal(SqliteDatabase database, TimeProvider time) : IAskJournal
{
    private sealed record Answer(string Key, string Value);

    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(string jobId, CancellationToken cancellationToken)
    {
        var answers = await database.RunAsync(
            c => c.Query<Answer>("SELECT answer_key AS Key, value FROM ask_answers WHERE job_id = @jobId", new { jobId }), cancellationToken);
        return answers.ToDictionary(a => a.Key, a => a.Value, StringComparer.Ordinal);
    }

    public Task AppendAsync(string jobId, string key, string value, CancellationToken cancellationToken)
    {
        const string Sql = "INSERT INTO ask_answers (job_id, answer_key, value, created_at_us) VALUES (@jobId, @key, @value, @now) ON CONFLICT DO NOTHING";
        var now = LedgerTime.ToMicros(time.GetUtcNow());
        return database.RunAsync(c => c.Execute(Sql, new { jobId, key, value, now }), cancellationToken);
    }
}

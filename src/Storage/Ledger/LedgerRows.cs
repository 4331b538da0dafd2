using Dapper;
using Microsoft.Data.Sqlite;
using Quorate.Contracts.Provenance;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Ledger;

/// <summary>A checkpoint as the tables hold it.</summary>
internal sealed record CheckpointRow(long Seq, string Hash, long AtUs, string KeyId, string Signature)
{
    private const string Columns = "seq, hash, at_us AS AtUs, key_id AS KeyId, signature";

    public LedgerCheckpoint ToCheckpoint() => new(Seq, Hash, LedgerTime.FromMicros(AtUs), KeyId, Signature);

    public static CheckpointRow From(LedgerCheckpoint c) => new(c.Seq, c.Hash, LedgerTime.ToMicros(c.At), c.KeyId, c.Signature);

    public static IReadOnlyList<LedgerCheckpoint> ReadAll(SqliteConnection connection, SqliteTransaction? transaction = null) =>
        [.. connection.Query<CheckpointRow>($"SELECT {Columns} FROM ledger_checkpoints ORDER BY seq", transaction: transaction).Select(r => r.ToCheckpoint())];

    public static LedgerCheckpoint? ReadNewest(SqliteConnection connection) =>
        connection.QueryFirstOrDefault<CheckpointRow>($"SELECT {Columns} FROM ledger_checkpoints ORDER BY seq DESC LIMIT 1")?.ToCheckpoint();

    public static LedgerCheckpoint? ReadHead(SqliteConnection connection, SqliteTransaction? transaction = null) =>
        connection.QueryFirstOrDefault<CheckpointRow>($"SELECT {Columns} FROM ledger_head", transaction: transaction)?.ToCheckpoint();

    public static void Insert(SqliteConnection connection, LedgerCheckpoint checkpoint) => connection.Execute(
        "INSERT INTO ledger_checkpoints (seq, hash, at_us, key_id, signature) VALUES (@Seq, @Hash, @AtUs, @KeyId, @Signature)", From(checkpoint));

    public static void ReplaceHead(SqliteConnection connection, LedgerCheckpoint head) => connection.Execute(
        "INSERT OR REPLACE INTO ledger_head (id, seq, hash, at_us, key_id, signature) VALUES (1, @Seq, @Hash, @AtUs, @KeyId, @Signature)", From(head));
}

/// <summary>An entry as the table holds it.</summary>
internal sealed record EntryRow(long Seq, long AtUs, string Kind, string Subject, string? Tag, string Payload, string PrevHash, string Hash)
{
    public const string Columns = "seq, at_us AS AtUs, kind, subject, decision_tag AS Tag, payload, prev_hash AS PrevHash, hash";

    public LedgerEntry ToEntry() => new()
    {
        Seq = Seq,
        At = LedgerTime.FromMicros(AtUs),
        Kind = Kind,
        Subject = Subject,
        DecisionTag = LedgerTags.Parse(Tag),
        Payload = Payload,
        PrevHash = PrevHash,
        Hash = Hash,
    };
}

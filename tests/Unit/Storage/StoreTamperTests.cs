using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Ledger;

namespace Quorate.Tests.Unit.Storage;

public sealed class StoreTamperTests
{
    private const string CopyRow = "UPDATE ledger_entries SET (at_us, kind, subject, decision_tag, payload, prev_hash, hash)";
    private const string Swap =
        "UPDATE ledger_entries SET seq = -1 WHERE seq = 20; UPDATE ledger_entries SET seq = 20 WHERE seq = 21; UPDATE ledger_entries SET seq = 21 WHERE seq = -1;";

    [Theory]
    [InlineData("UPDATE ledger_entries SET payload = replace(payload, '\"i\":7', '\"i\":8') WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("UPDATE ledger_entries SET at_us = at_us + 1 WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("UPDATE ledger_entries SET at_us = at_us + 0.5 WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("UPDATE ledger_entries SET kind = kind || char(0) WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("UPDATE ledger_entries SET subject = 'inc-9' WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("UPDATE ledger_entries SET decision_tag = 'LLM_DECISION' WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("UPDATE ledger_entries SET decision_tag = 'x' WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("UPDATE ledger_entries SET payload = CAST(payload AS BLOB) WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("UPDATE ledger_entries SET hash = upper(hash) WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("UPDATE ledger_entries SET prev_hash = hash WHERE seq = 7", 7, LedgerFaultReason.Altered)]
    [InlineData("DELETE FROM ledger_entries WHERE seq = 7", 7, LedgerFaultReason.Gap)]
    [InlineData("DELETE FROM ledger_entries WHERE seq = 1", 1, LedgerFaultReason.Gap)]
    [InlineData("UPDATE ledger_entries SET seq = 0 WHERE seq = 1", 0, LedgerFaultReason.Reordered)]
    [InlineData(Swap, 20, LedgerFaultReason.Altered)]
    [InlineData(CopyRow + " = (SELECT at_us, kind, subject, decision_tag, payload, prev_hash, hash FROM ledger_entries WHERE seq = 5) WHERE seq = 6", 6, LedgerFaultReason.Altered)]
    [InlineData("DELETE FROM ledger_entries WHERE seq > 28", 29, LedgerFaultReason.Truncated)]
    [InlineData("DELETE FROM ledger_entries WHERE seq > 28; DELETE FROM ledger_checkpoints; DELETE FROM ledger_head", 1, LedgerFaultReason.Unsigned)]
    [InlineData("DELETE FROM ledger_entries WHERE seq > 20; DELETE FROM ledger_checkpoints WHERE seq > 20; INSERT OR REPLACE INTO ledger_head SELECT 1, * FROM ledger_checkpoints", 21, LedgerFaultReason.Truncated)]
    [InlineData("DELETE FROM ledger_entries; DELETE FROM ledger_checkpoints; DELETE FROM ledger_head", 1, LedgerFaultReason.Truncated)]
    [InlineData("UPDATE ledger_checkpoints SET at_us = at_us + 1 WHERE seq = 20", 20, LedgerFaultReason.BadSignature)]
    [InlineData("UPDATE ledger_checkpoints SET hash = (SELECT hash FROM ledger_entries WHERE seq = 19) WHERE seq = 20", 20, LedgerFaultReason.BadSignature)]
    [InlineData("UPDATE ledger_checkpoints SET key_id = '0123456789abcdef' WHERE seq = 20", 20, LedgerFaultReason.UnknownKey)]
    [InlineData("UPDATE ledger_checkpoints SET signature = substr(signature, 1, 85) || 'R==' WHERE seq = 20", 20, LedgerFaultReason.BadSignature)]
    [InlineData("UPDATE ledger_head SET signature = substr(signature, 1, 40) WHERE id = 1", 30, LedgerFaultReason.BadSignature)]
    public async Task Verify_TablesChangedFromOutside_NamesTheFirstBadEntry(string sql, long seq, LedgerFaultReason reason)
    {
        await using var fixture = await FilledAsync();
        Assert.True((await fixture.VerifyAsync()).Valid);
        fixture.Tamper(sql);
        var result = await fixture.VerifyAsync();
        Assert.False(result.Valid);
        Assert.Equal((seq, reason), (result.FirstBad!.Seq, result.FirstBad.Reason));
    }

    [Fact]
    public async Task Verify_ChainRewrittenWithRightHashes_IsAForkAtTheNextSignedHead()
    {
        await using var fixture = await FilledAsync();
        var entries = await fixture.ReadAsync();
        var (seq, hash) = (entries[9].Seq, entries[9].Hash);
        foreach (var entry in entries.Skip(10))
        {
            var payload = entry.Seq == 11 ? "{}" : entry.Payload;
            var rewritten = LedgerChain.Next(seq, hash, entry.At, new(entry.Kind, entry.Subject, QuorateJson.ToElement(0), entry.DecisionTag), payload);
            fixture.Tamper($"UPDATE ledger_entries SET payload = '{payload}', prev_hash = '{hash}', hash = '{rewritten.Hash}' WHERE seq = {rewritten.Seq}");
            (seq, hash) = (rewritten.Seq, rewritten.Hash);
        }

        var result = await fixture.VerifyAsync();
        Assert.Equal((20, LedgerFaultReason.Fork), (result.FirstBad!.Seq, result.FirstBad.Reason));
        Assert.Equal(19, result.Entries);
    }

    [Fact]
    public async Task Verify_EntryAddedPastTheStore_IsUnsigned()
    {
        await using var fixture = await FilledAsync();
        var last = (await fixture.ReadAsync())[^1];
        var forged = LedgerChain.Next(last.Seq, last.Hash, last.At, StoreFixture.Draft(1), "{}");
        fixture.Tamper($"INSERT INTO ledger_entries VALUES ({forged.Seq}, {LedgerTime.ToMicros(forged.At)}, '{forged.Kind}', '{forged.Subject}', NULL, '{{}}', '{forged.PrevHash}', '{forged.Hash}')");
        var result = await fixture.VerifyAsync();
        Assert.Equal((31, LedgerFaultReason.Unsigned), (result.FirstBad!.Seq, result.FirstBad.Reason));
    }

    [Fact]
    public async Task Append_ToAChainThatWasCut_IsRefusedSoThatTheCutStaysVisible()
    {
        await using var fixture = await FilledAsync();
        fixture.Tamper("DELETE FROM ledger_entries WHERE seq = 30");
        var error = await Assert.ThrowsAsync<QuorateException>(() => fixture.AppendManyAsync(1));
        Assert.Equal("ledger_broken", error.Code);
        Assert.Equal(30, (await fixture.VerifyAsync()).FirstBad!.Seq);
    }

    [Theory]
    [InlineData("UPDATE ledger_entries SET decision_tag = 'x' WHERE seq = 7")]
    [InlineData("UPDATE ledger_entries SET at_us = 9223372036854775807 WHERE seq = 7")]
    [InlineData("UPDATE ledger_entries SET at_us = 'x' WHERE seq = 7")]
    public async Task Read_EntryThatIsNone_IsAClearError(string sql)
    {
        await using var fixture = await FilledAsync();
        fixture.Tamper(sql);
        Assert.Equal("ledger_broken", (await Assert.ThrowsAsync<QuorateException>(() => fixture.ReadAsync())).Code);
    }

    [Fact]
    public async Task Verify_HeadFileThatIsNone_IsReported()
    {
        await using var fixture = await FilledAsync();
        await File.WriteAllTextAsync(fixture.File + ".head", "{}", TestContext.Current.CancellationToken);
        Assert.Equal(LedgerFaultReason.Malformed, (await fixture.VerifyAsync()).FirstBad!.Reason);
    }

    [Fact]
    public async Task Verify_OtherKeys_AreNotTrusted()
    {
        await using var fixture = await FilledAsync();
        await using var other = await StoreFixture.CreateAsync();
        var result = await LedgerVerifier.VerifyStoreAsync(fixture.File, other.Keys.PublicKeys, TestContext.Current.CancellationToken);
        Assert.Equal((20, LedgerFaultReason.UnknownKey), (result.FirstBad!.Seq, result.FirstBad.Reason));
    }

    [Fact]
    public async Task Table_ChangedThroughSql_RefusesAsAppendOnly()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await fixture.AppendManyAsync(1);
        await using var connection = new SqliteConnection($"Data Source={fixture.File};Pooling=False");
        connection.Open();
        foreach (var sql in new[] { "UPDATE ledger_entries SET kind = 'x'", "DELETE FROM ledger_entries" })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            Assert.Contains("append-only", Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>30 entries with a checkpoint at 20; the signed head in the table and the one outside are at 30.</summary>
    private static async Task<StoreFixture> FilledAsync()
    {
        var fixture = await StoreFixture.CreateAsync();
        await fixture.AppendManyAsync(20);
        await fixture.Ledger.CheckpointAsync(TestContext.Current.CancellationToken);
        await fixture.AppendManyAsync(10, from: 21);
        await fixture.Ledger.CheckpointAsync(TestContext.Current.CancellationToken);
        fixture.Tamper("DELETE FROM ledger_checkpoints WHERE seq = 30");
        return fixture;
    }
}

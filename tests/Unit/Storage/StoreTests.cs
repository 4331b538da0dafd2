using Microsoft.Data.Sqlite;
using System.Runtime.Versioning;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Storage;
using Quorate.Storage.Benchmark;

namespace Quorate.Tests.Unit.Storage;

[SupportedOSPlatform("linux")]
public sealed class StoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_FromTwoStoresAtOnce_KeepsOneChain()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await using (var second = await fixture.OpenAsync())
        {
            await Task.WhenAll(
                Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OneByOneAsync(fixture.Store, 100))),
                Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OneByOneAsync(second, 100))));
        }

        await fixture.CloseAsync();
        var result = await fixture.VerifyAsync();
        Assert.True(result.Valid, result.FirstBad?.Detail);
        Assert.Equal((1_600, true), (result.Entries, result.HeadFile));
    }

    [Fact]
    public async Task Append_WhenTheStoreIsFull_FailsItsCallersAndWorksAgainWithSpace()
    {
        await using var fixture = await StoreFixture.CreateAsync(maxBytes: 600 * 1024);
        await fixture.AppendManyAsync(5);
        fixture.Tamper("CREATE TABLE filler (x BLOB); INSERT INTO filler VALUES (zeroblob(400000))");
        var big = StoreFixture.Draft(6) with { Payload = QuorateJson.ToElement(new string('x', 200_000)) };
        var error = await Assert.ThrowsAsync<QuorateException>(() => fixture.Ledger.AppendAsync(big, Token));
        Assert.Equal((ErrorKind.Missing, "store_full"), (error.Kind, error.Code));
        Assert.Contains(fixture.File, error.Message, StringComparison.Ordinal);

        fixture.Tamper("DROP TABLE filler");
        Assert.Equal(6, (await fixture.Ledger.AppendAsync(big, Token)).Seq);
        Assert.True((await fixture.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task Append_AfterACrash_GoesOnWithTheChain()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await fixture.AppendManyAsync(1_100);

        // The files as a crash leaves them: never closed, the newest pages only in the write-ahead log.
        var crashed = Directory.CreateDirectory(Path.Combine(fixture.Folder, "crashed")).FullName;
        foreach (var file in Directory.GetFiles(fixture.Folder, "quorate.db*"))
        {
            File.Copy(file, Path.Combine(crashed, Path.GetFileName(file)));
        }

        var path = Path.Combine(crashed, "quorate.db");
        Assert.True(new FileInfo(path + "-wal").Length > 0);
        await using (var store = await QuorateStore.OpenAsync(path, fixture.Keys, TimeProvider.System, cancellationToken: Token))
        {
            Assert.Equal(1_101, (await store.Ledger.AppendAsync(StoreFixture.Draft(1), Token)).Seq);
        }

        var result = await Quorate.Storage.Ledger.LedgerVerifier.VerifyStoreAsync(path, fixture.Keys.PublicKeys, Token);
        Assert.True(result.Valid, result.FirstBad?.Detail);
    }

    [Fact]
    public async Task Append_AcrossARotation_VerifiesWithBothKeys()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await fixture.AppendManyAsync(5);
        var first = await fixture.Ledger.CheckpointAsync(Token);
        fixture.Keys.Rotate();
        await fixture.AppendManyAsync(5);
        var second = await fixture.Ledger.CheckpointAsync(Token);
        Assert.NotEqual(first.KeyId, second.KeyId);
        var result = await fixture.VerifyAsync();
        Assert.True(result.Valid, result.FirstBad?.Detail);
        Assert.Equal(2, result.Checkpoints);
    }

    [Fact]
    public async Task Dispose_WithUnsignedEntries_SignsTheHeadOutside()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await fixture.AppendManyAsync(3);
        await fixture.ReopenAsync();
        Assert.Equal([3L], (await fixture.Ledger.ReadCheckpointsAsync(Token)).Select(c => c.Seq));
        Assert.Contains("\"seq\":3", await File.ReadAllTextAsync(fixture.File + ".head", Token), StringComparison.Ordinal);
        await fixture.CloseAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fixture.AppendManyAsync(1));
    }

    [Fact]
    public async Task LlmRuns_View_ShowsEachRunsFields()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var run = new LlmRun
        {
            RunId = "run-1", Model = "m", Config = QuorateJson.ToElement(new { max_tokens = 5 }), Prompt = "why \"so\"?", Response = "because",
            PromptHash = "aa", ResponseHash = "bb", Temp = 0, Tokens = 12, CreatedAt = DateTimeOffset.UnixEpoch, LatencyMs = 1.5,
        };
        await fixture.Ledger.AppendAsync(new LedgerDraft(LedgerKinds.LlmRun, "inc-1", QuorateJson.ToElement(run), DecisionTag.LlmDecision), Token);
        await using var connection = new SqliteConnection($"Data Source={fixture.File};Pooling=False");
        connection.Open();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT run_id, model, prompt, response, prompt_hash, response_hash, temp, tokens, created_at, config FROM llm_runs";
        await using var row = await command.ExecuteReaderAsync(Token);
        Assert.True(await row.ReadAsync(Token));
        Assert.Equal(["run-1", "m", "why \"so\"?", "because", "aa", "bb", "0", "12", "1970-01-01T00:00:00+00:00", "{\"max_tokens\":5}"],
            Enumerable.Range(0, 10).Select(i => row.GetValue(i).ToString()));
    }

    [Theory]
    [InlineData("INSERT INTO schema_migrations VALUES (999, 'later', 'x', 0)", "store_newer")]
    [InlineData("UPDATE schema_migrations SET sha256 = 'x' WHERE version = 1", "store_schema")]
    [InlineData("DROP TABLE schema_migrations", "store_foreign")]
    public async Task Open_SchemaThatIsNotOurs_IsRefusedByName(string sql, string code)
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await fixture.CloseAsync();
        fixture.Tamper(sql);
        var error = await Assert.ThrowsAsync<QuorateException>(() => fixture.OpenAsync());
        Assert.Equal((ErrorKind.Missing, code), (error.Kind, error.Code));
        Assert.Contains(fixture.File, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FileThatCannotBeAStore_SaysWhy()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        var text = Path.Combine(fixture.Folder, "notes.txt");
        await File.WriteAllTextAsync(text, new string('x', 5000), Token);
        Assert.Equal("store_not_database", await CodeOf(text));
        Assert.Equal("store_unwritable", await CodeOf(Path.Combine(text, "below-a-file.db")));
        Assert.Equal("store_unwritable", await CodeOf(fixture.Folder));

        async Task<string> CodeOf(string file) =>
            (await Assert.ThrowsAsync<QuorateException>(() => QuorateStore.OpenAsync(file, fixture.Keys, TimeProvider.System, cancellationToken: Token))).Code;
    }

    [Fact]
    public async Task Open_NewStore_IsPrivateToItsOwner()
    {
        await using var fixture = await StoreFixture.CreateAsync();
        await fixture.AppendManyAsync(1);
        Assert.All(Directory.GetFiles(fixture.Folder), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public async Task Benchmark_Small_MeasuresAVerifiedLedger()
    {
        var result = await LedgerBenchmark.RunAsync(500, 16, Token);
        Assert.Equal(500, result.Entries);
        Assert.True(result is { AppendPerS: > 0, VerifyEntriesPerS: > 0, BytesPerEntry: > 200 });
        await Assert.ThrowsAsync<QuorateException>(() => LedgerBenchmark.RunAsync(0, 1, Token));
    }

    private static async Task OneByOneAsync(QuorateStore store, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await store.Ledger.AppendAsync(StoreFixture.Draft(i), Token);
        }
    }
}

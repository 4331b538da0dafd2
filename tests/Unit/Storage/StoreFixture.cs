using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Storage;
using Quorate.Storage.Keys;
using Quorate.Storage.Ledger;

namespace Quorate.Tests.Unit.Storage;

/// <summary>A store in a folder of its own, which is removed.</summary>
internal sealed class StoreFixture : IAsyncDisposable
{
    private StoreFixture(string folder, FileKeyRing keys)
    {
        Folder = folder;
        Keys = keys;
    }

    public string Folder { get; }

    public FileKeyRing Keys { get; }

    public string File => Path.Combine(Folder, "quorate.db");

    public QuorateStore Store { get; private set; } = null!;

    public ILedger Ledger => Store.Ledger;

    public static async Task<StoreFixture> CreateAsync(TimeProvider? time = null, long maxBytes = QuorateStore.DefaultMaxBytes)
    {
        var folder = Directory.CreateTempSubdirectory("quorate-test-").FullName;
        var fixture = new StoreFixture(folder, FileKeyRing.Open(Path.Combine(folder, "keys"), time ?? TimeProvider.System, passphrase: null));
        fixture.Store = await fixture.OpenAsync(time, maxBytes);
        return fixture;
    }

    public Task<QuorateStore> OpenAsync(TimeProvider? time = null, long maxBytes = QuorateStore.DefaultMaxBytes) =>
        QuorateStore.OpenAsync(File, Keys, time ?? TimeProvider.System, maxBytes, TestContext.Current.CancellationToken);

    public async Task CloseAsync() => await Store.DisposeAsync();

    public async Task ReopenAsync()
    {
        await CloseAsync();
        Store = await OpenAsync();
    }

    public Task<LedgerVerification> VerifyAsync() => LedgerVerifier.VerifyStoreAsync(File, Keys.PublicKeys, TestContext.Current.CancellationToken);

    public async Task<List<LedgerEntry>> ReadAsync(LedgerFilter? filter = null)
    {
        var entries = new List<LedgerEntry>();
        await foreach (var entry in Ledger.ReadAsync(filter ?? new LedgerFilter(), TestContext.Current.CancellationToken))
        {
            entries.Add(entry);
        }

        return entries;
    }

    public Task AppendManyAsync(int count, int from = 1) => AppendManyAsync(Ledger, count, from);

    public static Task AppendManyAsync(ILedger ledger, int count, int from = 1) =>
        Task.WhenAll(Enumerable.Range(from, count).Select(i => ledger.AppendAsync(Draft(i), TestContext.Current.CancellationToken)));

    public static LedgerDraft Draft(int i, string kind = LedgerKinds.TaskOutcome) =>
        new(kind, $"inc-{i % 3}", QuorateJson.ToElement(new { i, text = $"größe {i} of 100% \"done\"" }), i % 2 == 0 ? DecisionTag.Deterministic : null);

    /// <summary>Runs SQL as someone would who has the file: past the store, and past its triggers.</summary>
    public void Tamper(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "DROP TRIGGER IF EXISTS ledger_entries_keep; DROP TRIGGER IF EXISTS ledger_entries_stay;" + sql;
        command.ExecuteNonQuery();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Keys.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>A clock that stands until it is set.</summary>
public sealed class StandingClock(DateTimeOffset start) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = start;

    public override DateTimeOffset GetUtcNow() => Now;
}

using System.Diagnostics;
using Dapper;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Storage.Keys;
using Quorate.Storage.Ledger;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage.Benchmark;

/// <summary>What the ledger does on this machine. Bytes per entry are those of the database file, indexes and all.</summary>
public sealed record LedgerBenchmarkResult
{
    public required int Entries { get; init; }
    public required int Appenders { get; init; }
    public required double AppendPerS { get; init; }
    public required double VerifyEntriesPerS { get; init; }
    public required double BytesPerEntry { get; init; }
    public required string SqliteVersion { get; init; }
}

/// <summary>Measures durable appends by concurrent callers, then the verification of what they wrote.</summary>
public static class LedgerBenchmark
{
    public const int MaxEntries = 10_000_000;
    public const int MaxAppenders = 4_096;

    /// <summary>Runs in a temporary folder, which is removed.</summary>
    public static async Task<LedgerBenchmarkResult> RunAsync(int entries, int appenders, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("quorate-bench-").FullName;
        try
        {
            return await RunAsync(folder, entries, appenders, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Leaves the store <c>bench.db</c> and its keys in <paramref name="folder"/>.</summary>
    /// <exception cref="QuorateException">Entries outside 1..10,000,000, appenders outside 1..4,096, or the ledger did not verify.</exception>
    public static async Task<LedgerBenchmarkResult> RunAsync(string folder, int entries, int appenders, CancellationToken cancellationToken)
    {
        Check("entries", entries, MaxEntries);
        Check("appenders", appenders, MaxAppenders);
        using var keys = FileKeyRing.Open(Path.Combine(folder, "keys"), TimeProvider.System, passphrase: null);
        var file = Path.Combine(folder, "bench.db");
        double appendSeconds;
        await using (var store = await QuorateStore.OpenAsync(file, keys, TimeProvider.System, cancellationToken: cancellationToken))
        {
            var start = Stopwatch.GetTimestamp();
            var next = 0;
            await Task.WhenAll(Enumerable.Range(0, appenders).Select(_ => Task.Run(
                async () =>
                {
                    for (var i = Interlocked.Increment(ref next); i <= entries; i = Interlocked.Increment(ref next))
                    {
                        await store.Ledger.AppendAsync(Draft(i), cancellationToken);
                    }
                },
                cancellationToken)));
            appendSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        // The first pass warms the compiler and the page cache; the second is measured.
        await LedgerVerifier.VerifyStoreAsync(file, keys.PublicKeys, cancellationToken);
        var verification = await LedgerVerifier.VerifyStoreAsync(file, keys.PublicKeys, cancellationToken);
        if (!verification.Valid)
        {
            throw QuorateException.Missing("benchmark_invalid", $"the ledger that was just written does not verify: {verification.FirstBad?.Detail}", "check the disk");
        }

        using var connection = new SqliteDatabase(file).Open(pooled: false);
        return new LedgerBenchmarkResult
        {
            Entries = entries,
            Appenders = appenders,
            AppendPerS = Math.Round(entries / appendSeconds),
            VerifyEntriesPerS = Math.Round(verification.Entries / verification.Seconds),
            BytesPerEntry = Math.Round((double)new FileInfo(file).Length / entries),
            SqliteVersion = connection.ExecuteScalar<string>("SELECT sqlite_version()")!,
        };
    }

    private static void Check(string field, int value, int max)
    {
        if (value < 1 || value > max)
        {
            throw QuorateException.Input("benchmark_invalid", $"{field} is {value}", $"1 to {max}");
        }
    }

    // The shape and size of a task's outcome, the entry that a repair writes most.
    private static LedgerDraft Draft(int i)
    {
        var payload = QuorateJson.ToElement(new
        {
            task_id = $"t{i % 8}",
            status = "OK",
            agent = "ActionAgent",
            @out = "restarted checkout in 812 ms; health check passed",
            meta = new { service = "checkout", before = "stopped", after = "running", latency_ms = 12.5 + (i % 100) },
            envelope_hash = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
        });
        return new LedgerDraft(LedgerKinds.TaskOutcome, $"inc-{i / 100}", payload, DecisionTag.Deterministic);
    }
}

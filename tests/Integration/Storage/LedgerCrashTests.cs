using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Storage;
using Quorate.Storage.Benchmark;
using Quorate.Storage.Keys;
using Quorate.Storage.Ledger;

namespace Quorate.Tests.Integration.Storage;

public sealed class LedgerCrashTests
{
    private const string Role = "QUORATE_TEST_LEDGER_WRITER";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // This assembly is the other process too: told so, it writes until it is killed and never comes to its tests.
    [ModuleInitializer]
    internal static void WriteIfToldTo()
    {
        if (Environment.GetEnvironmentVariable(Role) is { Length: > 0 } folder)
        {
            LedgerBenchmark.RunAsync(folder, LedgerBenchmark.MaxEntries, appenders: 16, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    [Fact]
    public async Task Append_WriterKilledAtAnyMoment_LeavesAValidChainThatOthersGoOnWith()
    {
        var folder = Directory.CreateTempSubdirectory("quorate-crash-").FullName;
        try
        {
            using var keys = FileKeyRing.Open(Path.Combine(folder, "keys"), TimeProvider.System, passphrase: null);
            var file = Path.Combine(folder, "bench.db");
            await using var store = await QuorateStore.OpenAsync(file, keys, TimeProvider.System, cancellationToken: TestContext.Current.CancellationToken);
            for (var round = 1; round <= 3; round++)
            {
                var seen = await KillAfterAsync(store.Ledger, folder, entries: 400 * round);
                var next = await store.Ledger.AppendAsync(new LedgerDraft(LedgerKinds.Trigger, "inc-1", QuorateJson.ToElement(round)), TestContext.Current.CancellationToken);
                Assert.True(next.Seq > seen);
                var result = await LedgerVerifier.VerifyStoreAsync(file, keys.PublicKeys, TestContext.Current.CancellationToken);
                Assert.True(result.Valid, result.FirstBad?.Detail);
                Assert.Equal(next.Seq, result.Entries);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The entries that were there when the writer was killed (SIGKILL).</summary>
    private static async Task<long> KillAfterAsync(ILedger ledger, string folder, int entries)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardError = true, ArgumentList = { "exec", typeof(LedgerCrashTests).Assembly.Location } };
        start.Environment[Role] = folder;
        using var writer = Process.Start(start)!;
        try
        {
            var before = await CountAsync(ledger);
            var began = Stopwatch.GetTimestamp();
            long seen;
            while ((seen = await CountAsync(ledger)) < before + entries)
            {
                Assert.False(writer.HasExited, writer.HasExited ? await writer.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken) : string.Empty);
                Assert.True(Stopwatch.GetElapsedTime(began) < Patience, $"the writer made {seen - before} entries in {Patience}");
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
            }

            return seen;
        }
        finally
        {
            writer.Kill();
            await writer.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<long> CountAsync(ILedger ledger)
    {
        await foreach (var entry in ledger.ReadAsync(new LedgerFilter { Newest = true, Limit = 1 }, TestContext.Current.CancellationToken))
        {
            return entry.Seq;
        }

        return 0;
    }
}

using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Storage;
using Quorate.Storage.Keys;
using Quorate.Storage.Ledger;
using Quorate.Tests.Integration.Processes;

namespace Quorate.Tests.Integration.Storage;

public sealed class FullDiskTests
{
    [Fact]
    public async Task Open_OnADiskTooSmallForTheSchema_SaysThatItIsFull()
    {
        Assert.SkipUnless(ProcessSite.IsRoot, "mounting a small file system needs root");
        var folder = Directory.CreateTempSubdirectory("quorate-full-").FullName;
        ProcessSite.Must("mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder);
        try
        {
            using var keys = FileKeyRing.Open(Path.Combine(folder, "keys"), TimeProvider.System, passphrase: null);
            var error = await Assert.ThrowsAsync<QuorateException>(() => QuorateStore.OpenAsync(Path.Combine(folder, "quorate.db"), keys, TimeProvider.System, cancellationToken: TestContext.Current.CancellationToken));
            Assert.Contains(error.Code, (string[])["store_full", "store_io"]);
        }
        finally
        {
            ProcessSite.Must("umount", "-l", folder);
            Directory.Delete(folder);
        }
    }

    [Theory]
    [InlineData(320)]
    [InlineData(480)]
    [InlineData(640)]
    public async Task Append_OnADiskThatFillsUp_FailsAndKeepsWhatWasWritten(int kibibytes)
    {
        Assert.SkipUnless(ProcessSite.IsRoot, "mounting a small file system needs root");
        var token = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("quorate-full-").FullName;
        ProcessSite.Must("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "tmpfs", folder);
        try
        {
            using var keys = FileKeyRing.Open(Path.Combine(folder, "keys"), TimeProvider.System, passphrase: null);
            var file = Path.Combine(folder, "quorate.db");
            var written = 0L;
            await using (var store = await QuorateStore.OpenAsync(file, keys, TimeProvider.System, cancellationToken: token))
            {
                var error = await Assert.ThrowsAsync<QuorateException>(async () =>
                {
                    while (true)
                    {
                        var appends = Enumerable.Range(0, 4).Select(_ => store.Ledger.AppendAsync(new LedgerDraft(LedgerKinds.Trigger, "inc-1", QuorateJson.ToElement(new string('x', 1000))), token));
                        written = (await Task.WhenAll(appends).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, token)).Max(e => e.Seq);
                    }
                });
                Assert.Contains(error.Code, (string[])["store_full", "store_io"]);
            }

            var result = await LedgerVerifier.VerifyStoreAsync(file, keys.PublicKeys, token);
            Assert.True(result.Valid, result.FirstBad?.Detail);
            Assert.InRange(result.Entries, written, written + 4);
        }
        finally
        {
            ProcessSite.Must("umount", "-l", folder);
            Directory.Delete(folder);
        }
    }
}

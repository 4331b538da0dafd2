using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Storage.Consensus;

namespace Quorate.Tests.Unit.Transport;

public sealed class RecordLogTests : IDisposable
{
    private static readonly Digest Group = new(1, 2, 3, 4);

    private readonly string folder = Directory.CreateTempSubdirectory("quorate-log-").FullName;

    private string Path => System.IO.Path.Combine(folder, "records.log");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Log_Reopened_HoldsWhatWasFlushedInItsOrder(bool fsync)
    {
        Write(fsync, 1, 2, 3);
        Write(fsync, 4);
        Assert.Equal([1UL, 2, 3, 4], Read(out var cut));
        Assert.Equal(0, cut);
    }

    [Fact]
    public void Log_TornAnywhereInTheLastBlock_KeepsTheOnesBefore()
    {
        Write(true, 1, 2);
        var kept = new FileInfo(Path).Length;
        Write(true, 3);
        var whole = File.ReadAllBytes(Path);
        for (var size = kept + 1; size < whole.Length; size++)
        {
            File.WriteAllBytes(Path, whole[..(int)size]);
            Assert.Equal([1UL, 2], Read(out var cut));
            Assert.Equal(size - kept, cut);
            Assert.Equal(kept, new FileInfo(Path).Length);
        }

        // Space that the system gave the file, whose content never came.
        File.WriteAllBytes(Path, [.. whole[..(int)kept], .. new byte[5_000]]);
        Assert.Equal([1UL, 2], Read(out _));
    }

    [Fact]
    public void Log_ByteFlippedBeforeTheLastBlock_IsRefused()
    {
        Write(true, 1, 2);
        var first = (int)new FileInfo(Path).Length;
        Write(true, 3);
        var whole = File.ReadAllBytes(Path);
        for (var i = 44; i < first; i++)
        {
            var bad = whole.ToArray();
            bad[i] ^= 0x10;
            File.WriteAllBytes(Path, bad);
            var error = Assert.Throws<QuorateException>(() => Read(out _));
            Assert.Equal("log_damaged", error.Code);
            Assert.Equal(bad, File.ReadAllBytes(Path));
        }
    }

    [Fact]
    public void Log_OfAnotherReplicaOrGroup_IsRefused()
    {
        Write(true, 1);
        Assert.Equal("log_foreign", Assert.Throws<QuorateException>(() => RecordLog.Open(folder, Group, 1, true)).Code);
        Assert.Equal("log_foreign", Assert.Throws<QuorateException>(() => RecordLog.Open(folder, new Digest(9, 9, 9, 9), 0, true)).Code);
        File.WriteAllText(Path, "something else entirely, longer than the header of a record log");
        Assert.Equal("log_foreign", Assert.Throws<QuorateException>(() => RecordLog.Open(folder, Group, 0, true)).Code);
    }

    [Fact]
    public void Log_OpenElsewhere_IsRefused()
    {
        using var open = RecordLog.Open(folder, Group, 0, true);
        Assert.Equal("log_unusable", Assert.Throws<QuorateException>(() => RecordLog.Open(folder, Group, 0, true)).Code);
        open.Compact([Record(1)]);
        Assert.Equal("log_unusable", Assert.Throws<QuorateException>(() => RecordLog.Open(folder, Group, 0, true)).Code);
    }

    [Fact]
    public void Log_Compacted_HoldsTheNewRecordsAndGrowsOn()
    {
        using (var log = RecordLog.Open(folder, Group, 0, true))
        {
            log.Append(Record(1));
            log.Append(Record(2));
            log.Flush();
            log.Compact([Record(7)]);
            log.Append(Record(8));
            log.Flush();
        }

        Assert.Equal([7UL, 8], Read(out _));
        Assert.Equal([Path], Directory.GetFiles(folder));
    }

    [Fact]
    public void Log_Grown_WantsCompactionAndIsContentAfterIt()
    {
        using var log = RecordLog.Open(folder, Group, 0, false);
        var large = new DurableRecord(new StateData(CheckpointProof.Genesis, new byte[9 << 20]));
        log.Append(large);
        log.Flush();
        Assert.False(log.WantsCompaction);
        log.Append(large);
        log.Flush();
        Assert.True(log.WantsCompaction);
        log.Compact([large]);
        Assert.False(log.WantsCompaction);
    }

    private static DurableRecord Record(ulong number) => new(new Status(number, true, 0, 0));

    private void Write(bool fsync, params ulong[] numbers)
    {
        using var log = RecordLog.Open(folder, Group, 0, fsync);
        foreach (var number in numbers)
        {
            log.Append(Record(number));
        }

        log.Flush();
    }

    private ulong[] Read(out long cut)
    {
        using var log = RecordLog.Open(folder, Group, 0, true);
        cut = log.Cut;
        return [.. log.Recovered.Select(record => ((Status)record.Message!).View)];
    }
}

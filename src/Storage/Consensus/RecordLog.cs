using System.Buffers.Binary;
using System.Numerics;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Transport.Driving;

namespace Quorate.Storage.Consensus;

/// <summary>
/// The records of one replica in one file. What is flushed together forms a block with a checksum (CRC-32C) over its
/// header and one over its records; the next block is written only after it. So only the last block can be torn,
/// and a bad one before it means damage, with which a replica must not start: it may have forgotten its word.
/// </summary>
public sealed class RecordLog : IRecordLog, IDisposable
{
    private const string Name = "records.log";
    private const int BlockHeader = 12;
    private const int FileHeader = 8 + Digest.Size + 4;
    private const int MaxBlock = 64 << 20;
    private const long WorthCompacting = 16 << 20;

    private readonly string path;
    private readonly bool fsync;
    private readonly byte[] header;
    private FileStream file;
    private byte[] block = new byte[64 << 10];
    private int used = BlockHeader;
    private long compactedSize;

    private RecordLog(string path, bool fsync, byte[] header, FileStream file)
    {
        (this.path, this.fsync, this.header, this.file) = (path, fsync, header, file);
    }

    public IReadOnlyList<DurableRecord> Recovered { get; private set; } = [];

    /// <summary>Bytes of a torn last block that were cut off.</summary>
    public long Cut { get; private set; }

    public bool WantsCompaction => file.Length > compactedSize + WorthCompacting;

    /// <summary>Opens the log of a replica in a folder of its own, and makes both where they do not exist.</summary>
    /// <param name="folder">The replica's folder.</param>
    /// <param name="directory">Hash of the group's keys; a log of another group is refused.</param>
    /// <param name="replica">The replica's number.</param>
    /// <param name="fsync">False leaves it to the system when bytes reach the disk: they survive the process, not the machine.</param>
    /// <exception cref="QuorateException">log_in_use, log_foreign, log_damaged, log_unusable.</exception>
    public static RecordLog Open(string folder, Digest directory, int replica, bool fsync)
    {
        var name = Path.Combine(Path.GetFullPath(folder), Name);
        var start = new byte[FileHeader];
        "qrecord1"u8.CopyTo(start);
        directory.Write(start.AsSpan(8));
        BinaryPrimitives.WriteInt32BigEndian(start.AsSpan(8 + Digest.Size), replica);
        try
        {
            DurableFile.CreateFolder(Path.GetDirectoryName(name)!);
            var log = new RecordLog(name, fsync, start, OpenFile(name));
            try
            {
                log.Recover();
                return log;
            }
            catch
            {
                log.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("log_unusable", $"{name} cannot be used: {e.Message}", "another process may have it open; one folder serves one replica", e);
        }
    }

    public void Append(DurableRecord record)
    {
        var bytes = record.Encode();
        var end = checked(used + 4 + bytes.Length);
        if (end > block.Length)
        {
            Array.Resize(ref block, Math.Max(end, block.Length * 2));
        }

        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(used), bytes.Length);
        bytes.CopyTo(block, used + 4);
        used = end;
        if (used > MaxBlock / 2)
        {
            Flush();
        }
    }

    public void Flush()
    {
        if (used > BlockHeader)
        {
            WriteBlock(file);
            file.Flush(fsync);
        }
    }

    public void Compact(IReadOnlyList<DurableRecord> records)
    {
        Flush();
        var other = DurableFile.CreateTemporary(path);
        try
        {
            other.Write(header);
            var old = file;
            file = other;
            foreach (var record in records)
            {
                Append(record);
            }

            WriteBlock(file);
            file.Flush(flushToDisk: true);
            DurableFile.Publish(other.Name, path);
            old.Dispose();
            compactedSize = file.Length;
        }
        catch
        {
            // The driver stops at this; the next start finds the old file, whole.
            File.Delete(other.Name);
            throw;
        }
    }

    public void Dispose() => file.Dispose();

    private static FileStream OpenFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private void WriteBlock(FileStream to)
    {
        if (used == BlockHeader)
        {
            return;
        }

        BinaryPrimitives.WriteInt32LittleEndian(block, used - BlockHeader);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(4), Checksum(block.AsSpan(BlockHeader, used - BlockHeader)));
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(8), Checksum(block.AsSpan(0, 8)));
        to.Write(block.AsSpan(0, used));
        used = BlockHeader;
        if (block.Length > 8 << 20)
        {
            block = new byte[64 << 10];
        }
    }

    private void Recover()
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        if (bytes.Length < FileHeader)
        {
            Restart(bytes);
            return;
        }

        if (!bytes.AsSpan(0, FileHeader).SequenceEqual(header))
        {
            throw QuorateException.Input("log_foreign", $"{path} is not the record log of this replica in this group", "give each replica a folder of its own, and keep it with the keys it was made with");
        }

        var records = new List<DurableRecord>();
        var at = FileHeader;
        while (TryRead(bytes, at, out var size))
        {
            Read(bytes.AsSpan(at + BlockHeader, size), records);
            at += BlockHeader + size;
        }

        RefuseDamage(bytes, at);
        Cut = bytes.Length - at;
        file.SetLength(at);
        file.Position = at;
        Recovered = records;
        compactedSize = Math.Min(at, WorthCompacting);
    }

    private void Restart(ReadOnlySpan<byte> bytes)
    {
        if (!header.AsSpan().StartsWith(bytes))
        {
            throw QuorateException.Input("log_foreign", $"{path} is no record log");
        }

        Cut = bytes.Length;
        file.SetLength(0);
        file.Write(header);
        file.Flush(fsync);
    }

    private void Read(ReadOnlySpan<byte> text, List<DurableRecord> records)
    {
        while (text.Length > 0)
        {
            var size = text.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(text) : -1;
            if (size < 0 || size > text.Length - 4 || !DurableRecord.TryDecode(text.Slice(4, size), out var record))
            {
                throw Damaged("a record in a whole block cannot be read");
            }

            records.Add(record);
            text = text[(4 + size)..];
        }
    }

    // A torn block is the last one. If a whole one follows anywhere, what lies between was lost after it was durable.
    private void RefuseDamage(byte[] bytes, int from)
    {
        for (var at = from + 1; at <= bytes.Length - BlockHeader; at++)
        {
            if (TryRead(bytes, at, out _))
            {
                throw Damaged($"byte {from} begins a bad block, and a whole one follows at byte {at}");
            }
        }
    }

    private QuorateException Damaged(string what) => QuorateException.Missing(
        "log_damaged", $"{path} is damaged: {what}", "restore it from a backup; without it this replica may contradict itself, and the group counts it as faulty");

    private static bool TryRead(byte[] bytes, int at, out int size)
    {
        size = 0;
        if (bytes.Length - at < BlockHeader)
        {
            return false;
        }

        var head = bytes.AsSpan(at, BlockHeader);
        size = BinaryPrimitives.ReadInt32LittleEndian(head);
        return BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) == Checksum(head[..8])
            && size > 0 && size <= bytes.Length - at - BlockHeader
            && BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) == Checksum(bytes.AsSpan(at + BlockHeader, size));
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var b in bytes)
        {
            sum = BitOperations.Crc32C(sum, b);
        }

        return ~sum;
    }
}

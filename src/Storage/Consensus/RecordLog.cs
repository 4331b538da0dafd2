using System.Buffers.Binary;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Transport.Driving;

namespace Quorate.Storage.Consensus;

/// <summary>
/// The records of one replica in one file. What is flushed together forms a <see cref="LogBlock"/>. Only the last can be
/// torn; a bad one before it means damage, with which a replica must not start: it may have forgotten its word.
/// </summary>
public sealed class RecordLog : IRecordLog, IDisposable
{
    private const string Name = "records.log";
    private const int FileHeader = 8 + Digest.Size + 4;
    private const int MaxBlock = 64 << 20;
    private const long WorthCompacting = 16 << 20;

    private readonly string path;
    private readonly bool fsync;
    private readonly byte[] header;
    private FileStream file;
    private byte[] block = new byte[64 << 10];
    private int used = LogBlock.Header;
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
        if (used > LogBlock.Header)
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
        if (used == LogBlock.Header)
        {
            return;
        }

        LogBlock.Seal(block.AsSpan(0, used));
        to.Write(block.AsSpan(0, used));
        used = LogBlock.Header;
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
        while (LogBlock.TryRead(bytes, at, out var size))
        {
            Read(bytes.AsSpan(at + LogBlock.Header, size), records);
            at += LogBlock.Header + size;
        }

        if (LogBlock.FindAfter(bytes, at) is { } whole)
        {
            throw Damaged($"byte {at} begins a bad block, and a whole one follows at byte {whole}");
        }

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

    private QuorateException Damaged(string what) => QuorateException.Missing(
        "log_damaged", $"{path} is damaged: {what}", "restore it from a backup; without it this replica may contradict itself, and the group counts it as faulty");
}

using System.Buffers.Binary;
using Quorate.Contracts;
using Quorate.Engine.Panels;
using Quorate.Protocol.Consensus;

namespace Quorate.Storage.Panels;

/// <summary>
/// One <see cref="LogBlock"/> for each append; in it the entries: length (4 bytes), replica (4), the client's last number (8),
/// record. The last block may be torn by a crash, which takes nothing that anyone was told; damage before it is an error,
/// since a replica that forgets may contradict itself.
/// </summary>
internal sealed class FilePanelLog : IPanelLog
{
    private const int EntryHeader = 16;

    /// <summary>Bytes beyond which the log is written anew.</summary>
    private const int MaxBytes = 192 << 10;

    private readonly FileStream _gate;
    private readonly string _path;
    private FileStream _file;

    private FilePanelLog(string path, FileStream file, FileStream gate, IReadOnlyList<PanelEntry> entries)
    {
        (_path, _file, _gate, Entries) = (path, file, gate, entries);
    }

    public IReadOnlyList<PanelEntry> Entries { get; }

    /// <exception cref="QuorateException">Missing: panel_log_damaged.</exception>
    public static FilePanelLog Open(string path, FileStream gate)
    {
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        var entries = new List<PanelEntry>();
        var at = 0;
        while (LogBlock.TryRead(bytes, at, out var length))
        {
            Read(bytes.AsSpan(at + LogBlock.Header, length), entries, path);
            at += LogBlock.Header + length;
        }

        if (LogBlock.FindAfter(bytes, at) is not null)
        {
            throw Damaged(path, at);
        }

        var file = OpenFile(path);
        file.SetLength(at);
        file.Position = at;
        return new FilePanelLog(path, file, gate, entries);
    }

    public Task AppendAsync(IReadOnlyList<PanelEntry> entries, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _file.Write(Encode(entries));
        _file.Flush(flushToDisk: true);
        return Task.CompletedTask;
    }

    public Task CompactAsync(Func<IReadOnlyList<PanelEntry>> entries, CancellationToken cancellationToken)
    {
        if (_file.Length <= MaxBytes)
        {
            return Task.CompletedTask;
        }

        DurableFile.Replace(_path, Encode(entries()));
        _file.Dispose();
        _file = OpenFile(_path);
        _file.Seek(0, SeekOrigin.End);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        await _gate.DisposeAsync();
    }

    private static FileStream OpenFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static byte[] Encode(IReadOnlyList<PanelEntry> entries)
    {
        using var output = new MemoryStream();
        output.Write(new byte[LogBlock.Header]);
        var header = new byte[EntryHeader];
        foreach (var entry in entries)
        {
            var record = entry.Record?.Encode() ?? [];
            BinaryPrimitives.WriteInt32BigEndian(header, record.Length);
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), entry.Replica);
            BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(8), entry.LastAsked);
            output.Write(header);
            output.Write(record);
        }

        var block = output.ToArray();
        LogBlock.Seal(block);
        return block;
    }

    private static void Read(ReadOnlySpan<byte> content, List<PanelEntry> entries, string path)
    {
        while (content.Length >= EntryHeader)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(content);
            var replica = BinaryPrimitives.ReadInt32BigEndian(content[4..]);
            DurableRecord? record = null;
            if (length < 0 || length > content.Length - EntryHeader
                || (replica >= 0 && !DurableRecord.TryDecode(content.Slice(EntryHeader, length), out record)))
            {
                break;
            }

            entries.Add(new PanelEntry(replica, record, BinaryPrimitives.ReadUInt64BigEndian(content[8..])));
            content = content[(EntryHeader + length)..];
        }

        if (content.Length > 0)
        {
            throw Damaged(path, 0);
        }
    }

    private static QuorateException Damaged(string path, int at) => QuorateException.Missing(
        "panel_log_damaged", $"{path} is damaged{(at > 0 ? $" at byte {at}" : "")}", "a reviewer that forgets its votes could contradict itself: move the folder of the panel's keys away, so that new ones are made");
}

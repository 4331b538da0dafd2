using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Logs;

namespace Quorate.Platforms.Processes;

/// <summary>The services' log files: read from their end, and kept from growing without end.</summary>
internal sealed class ServiceLogs(StateFolder state)
{
    /// <summary>A log larger than this is cut to its newest half.</summary>
    private const long MaxFileBytes = 16 << 20;

    /// <summary>How much of a log's end is looked at.</summary>
    private const int MaxReadBytes = 4 << 20;
    private const int MaxTail = 10_000;

    public static string Clean(string text) => PlainText.Clean(text, LogLineParser.MaxMessage);

    public string PrepareForStart(string service)
    {
        var file = state.LogFile(service);
        KeepNewest(file);
        return file;
    }

    public IReadOnlyList<LogLine> Read(string service, LogQuery query)
    {
        var file = state.LogFile(service);
        KeepNewest(file);
        var text = ReadEnd(file, 0);
        var modified = new DateTimeOffset(File.GetLastWriteTimeUtc(file));
        return [.. LogText.Parse(service, text, modified).Where(l => l.Ts >= query.Since).TakeLast(Math.Clamp(query.Tail, 0, MaxTail))];
    }

    /// <summary>The last lines written after <paramref name="offset"/>, as one harmless text.</summary>
    public string ReadTailText(string service, long offset, int lines)
    {
        var written = ReadEnd(state.LogFile(service), offset).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Clean(string.Join('\n', written.TakeLast(lines).Select(Clean)));
    }

    /// <summary>At most the bound, from a line's start; bytes that are not UTF-8 become replacement characters.</summary>
    private static string ReadEnd(string file, long from)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var start = Math.Max(from > stream.Length ? 0 : from, stream.Length - MaxReadBytes);
            stream.Seek(start, SeekOrigin.Begin);
            var bytes = new byte[Math.Min(stream.Length - start, MaxReadBytes)];
            var text = Encoding.UTF8.GetString(bytes, 0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            var cut = start > from ? text.IndexOf('\n', StringComparison.Ordinal) + 1 : 0;
            return text[cut..];
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }

    /// <summary>
    /// Cuts in place: writers append (O_APPEND), so they go on at the new end. A line written between the copy and the
    /// cut is lost, which is the price of not asking the service to reopen its log.
    /// </summary>
    private static void KeepNewest(string file)
    {
        if (new FileInfo(file) is not { Exists: true, Length: > MaxFileBytes })
        {
            return;
        }

        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var bytes = new byte[MaxFileBytes / 2];
        stream.Seek(-bytes.Length, SeekOrigin.End);
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var cut = Array.IndexOf(bytes, (byte)'\n', 0, length) + 1;
        stream.SetLength(0);
        using var append = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        append.Write(bytes, cut, length - cut);
    }
}

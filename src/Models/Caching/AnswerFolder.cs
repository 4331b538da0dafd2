using System.Text.Json;
using System.Threading.Channels;
using Quorate.Contracts;

namespace Quorate.Models.Caching;

/// <summary>
/// Answers as files, one each, readable by their owner alone. Written behind the caller's back, a file appears whole or not at all.
/// A folder that cannot be written or read only costs calls. Thread-safe.
/// </summary>
internal sealed class AnswerFolder : IAsyncDisposable
{
    private const int MaxFiles = 4_096;
    private const int MaxWaiting = 1_024;
    private const int MaxFileBytes = 4 << 20;
    private const int WritesBetweenTrims = 128;

    private readonly string _path;
    private readonly Channel<CachedAnswer> _waiting = Channel.CreateBounded<CachedAnswer>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Task _writing;

    public AnswerFolder(string path)
    {
        _path = path;
        _writing = Task.Run(WriteAllAsync);
    }

    public CachedAnswer? Find(string key)
    {
        var file = FileOf(key);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            var bytes = BoundedFile.Read(file, MaxFileBytes);
            var answer = JsonSerializer.Deserialize<CachedAnswer>(bytes, QuorateJson.Options);
            return answer?.Key == key && answer is { Text.Length: > 0 } ? answer : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Add(CachedAnswer answer) => _waiting.Writer.TryWrite(answer);

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAllAsync()
    {
        var writes = 0;
        await foreach (var answer in _waiting.Reader.ReadAllAsync())
        {
            try
            {
                if (writes++ % WritesBetweenTrims == 0)
                {
                    CreateFolder();
                    Trim();
                }

                Write(answer);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The next question to this model is asked again: no more is lost.
            }
        }
    }

    private void Write(CachedAnswer answer)
    {
        var file = FileOf(answer.Key);
        var draft = $"{file}.{Environment.ProcessId}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(draft, options))
        {
            JsonSerializer.Serialize(stream, answer, QuorateJson.Options);
        }

        File.Move(draft, file, overwrite: true);
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_path);
        }
        else
        {
            Directory.CreateDirectory(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>The oldest quarter goes when there are too many; so do drafts of processes that died.</summary>
    private void Trim()
    {
        var files = new DirectoryInfo(_path).GetFiles();
        if (files.Length <= MaxFiles)
        {
            return;
        }

        foreach (var file in files.OrderBy(f => f.LastWriteTimeUtc).Take(files.Length - (MaxFiles * 3 / 4)))
        {
            file.Delete();
        }
    }

    private string FileOf(string key) => Path.Combine(_path, key + ".json");
}

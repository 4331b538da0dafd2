using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Quorate.Lab.Shop.Data;

/// <summary>
/// A file of JSON lines. It is opened for each write, so a folder that turned read-only, full or unmounted is noticed
/// at once. A line that a crash cut short is left out when reading. Lines survive the process, and with
/// <paramref name="flushToDisk"/> the machine too. Not thread-safe.
/// </summary>
internal sealed class Journal<T>(string path, JsonTypeInfo<T> type, bool flushToDisk)
    where T : class
{
    /// <summary>Bytes of the file as this process last left it.</summary>
    private long length;

    /// <summary>The file is not the one this process wrote last: something was mounted over it, or taken away.</summary>
    public bool Changed => CurrentLength() != length;

    public List<T> Read()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var items = new List<T>();
        if (File.Exists(path))
        {
            foreach (string line in File.ReadLines(path))
            {
                if (Parse(line) is { } item)
                {
                    items.Add(item);
                }
            }
        }
        length = CurrentLength();
        return items;
    }

    public void Append(T item)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            // The leading newline ends a line that a crash may have cut short; empty lines are skipped.
            file.Write(Encoding.UTF8.GetBytes($"\n{JsonSerializer.Serialize(item, type)}\n"));
            file.Flush(flushToDisk);
        }
        finally
        {
            length = file.Length;
        }
    }

    /// <summary>Replaces the content at once: readers see the old file or the new one.</summary>
    public void Rewrite(IEnumerable<T> items)
    {
        string draft = path + ".tmp";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            foreach (T item in items)
            {
                file.Write(JsonSerializer.SerializeToUtf8Bytes(item, type));
                file.WriteByte((byte)'\n');
            }
            file.Flush(flushToDisk: true);
        }
        File.Move(draft, path, overwrite: true);
        length = CurrentLength();
    }

    private T? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize(line, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private long CurrentLength()
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }
}

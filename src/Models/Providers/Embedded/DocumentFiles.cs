using System.Text;
using Quorate.Contracts;
using Quorate.Models.Documents;

namespace Quorate.Models.Providers.Embedded;

/// <summary>Finds and reads documents: <c>.md</c>, <c>.markdown</c> and <c>.txt</c> in UTF-8.</summary>
internal static class DocumentFiles
{
    public const int MaxFiles = 500;
    public const int MaxFileBytes = 1024 * 1024;
    public const int MaxTotalBytes = 16 * 1024 * 1024;
    private const int MaxDepth = 6;

    private static readonly string[] Markdown = [".md", ".markdown"];
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Files under the folders in a fixed order, with what changes when they do; links are not followed.</summary>
    public static IReadOnlyList<FoundFile> Find(IReadOnlyList<string> folders)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return [.. folders.Where(Directory.Exists).SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles("*", options)
                .Where(f => Markdown.Append(".txt").Contains(f.Extension, StringComparer.OrdinalIgnoreCase))
                // A name that is no UTF-8 names nothing here; a pipe or a device has no length, and reading it might never end.
                .Where(f => f is { Exists: true, Length: > 0 })
                .OrderBy(f => f.FullName, StringComparer.Ordinal)
                .Select(f => new FoundFile(f.FullName, Name(folders, folder, f.FullName), f.Length, f.LastWriteTimeUtc.Ticks)))
            // One more tells that there are too many.
            .Take(MaxFiles + 1)];
    }

    /// <summary>The files' passages; what is left out is told to <paramref name="warn"/>.</summary>
    public static IEnumerable<Passage> Read(IReadOnlyList<FoundFile> files, Action<string> warn)
    {
        var left = (long)MaxTotalBytes;
        foreach (var file in files.Take(MaxFiles))
        {
            if (file.Length > MaxFileBytes || file.Length > left)
            {
                warn($"{file.Name} is left out: documents may have {MaxFileBytes >> 20} MiB each and {MaxTotalBytes >> 20} MiB together.");
                continue;
            }

            left -= file.Length;
            if (Text(file, warn) is { } text)
            {
                foreach (var passage in Markdown.Contains(Path.GetExtension(file.Name), StringComparer.OrdinalIgnoreCase) ? FromMarkdown(file.Name, text) : FromText(file.Name, text))
                {
                    yield return passage;
                }
            }
        }

        if (files.Count > MaxFiles)
        {
            warn($"Only the first {MaxFiles} documents are read.");
        }
    }

    private static string? Text(FoundFile file, Action<string> warn)
    {
        try
        {
            var bytes = BoundedFile.Read(file.Path, MaxFileBytes);
            var text = bytes.Contains((byte)0) ? null : Strict.GetString(bytes);
            if (text is null)
            {
                warn($"{file.Name} is left out: it is not text.");
            }

            return text?.TrimStart('\uFEFF').ReplaceLineEndings("\n");
        }
        catch (DecoderFallbackException)
        {
            warn($"{file.Name} is left out: it is not UTF-8.");
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warn($"{file.Name} is left out: it cannot be read.");
            return null;
        }
    }

    private static IEnumerable<Passage> FromMarkdown(string name, string text) =>
        MarkdownParts.Read(text)
            // Code shows how something is written or asked; a line of it answers nothing.
            .Where(p => !p.IsCode)
            .SelectMany(p => p.Texts.Where(t => t.Text.Length > 0).Select(t => new Passage(name, p.Headings, t.Line, PlainText.Clean(t.Text))));

    private static IEnumerable<Passage> FromText(string name, string text)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
            {
                continue;
            }

            var start = i;
            while (i + 1 < lines.Length && !string.IsNullOrWhiteSpace(lines[i + 1]))
            {
                i++;
            }

            yield return new Passage(name, [], start + 1, PlainText.Clean(string.Join(' ', lines[start..(i + 1)].Select(l => l.Trim()))));
        }
    }

    private static string Name(IReadOnlyList<string> folders, string folder, string path)
    {
        var relative = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
        return folders.Count == 1 ? relative : $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))}/{relative}";
    }
}

/// <param name="Path">Where it is.</param>
/// <param name="Name">As cited.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Written">Ticks of its last change.</param>
internal sealed record FoundFile(string Path, string Name, long Length, long Written);

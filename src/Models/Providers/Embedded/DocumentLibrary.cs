namespace Quorate.Models.Providers.Embedded;

/// <summary>Folders of documents with their index, which is made at the first question and again when a file has changed.</summary>
public sealed class DocumentLibrary
{
    private const int MaxWarnings = 50;

    private readonly Lock _lock = new();
    private readonly IReadOnlyList<string> _folders;
    private IReadOnlyList<FoundFile> _files = [];
    private DocumentIndex? _index;

    public DocumentLibrary(IReadOnlyList<string> folders)
    {
        _folders = [.. folders.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)];
        Names = string.Join(", ", _folders.Select(f => Path.GetFileName(Path.TrimEndingDirectorySeparator(f))));
    }

    /// <summary>The folders' names, as an answer that finds nothing gives them.</summary>
    public string Names { get; }

    /// <summary>Files of the present index that were left out, and why.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>The index of the files as they are now.</summary>
    public DocumentIndex Current()
    {
        lock (_lock)
        {
            var files = DocumentFiles.Find(_folders);
            if (_index is null || !files.SequenceEqual(_files))
            {
                var warnings = new List<string>();
                _index = new DocumentIndex(DocumentFiles.Read(files, w =>
                {
                    if (warnings.Count < MaxWarnings)
                    {
                        warnings.Add(w);
                    }
                }));
                Warnings = warnings;
                _files = files;
            }

            return _index;
        }
    }
}

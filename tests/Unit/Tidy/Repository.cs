namespace Quorate.Tests.Unit.Tidy;

/// <summary>The tree as it is on disk.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> Files(string pattern, params string[] folders) =>
        folders.Select(f => Path.Combine(Root, f)).Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, pattern, SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root, path);

    private static string FindRoot()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Quorate.slnx")))
        {
            at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("Quorate.slnx is in no folder above the tests.");
        }

        return at;
    }
}

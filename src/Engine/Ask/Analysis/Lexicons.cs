using System.Text;

namespace Quorate.Engine.Ask.Analysis;

/// <summary>Word lists inside the assembly, read when they are first needed.</summary>
internal static class Lexicons
{
    public static IReadOnlyList<string> Lines(string name) => Text(name).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static string Text(string name)
    {
        using var reader = new StreamReader(typeof(Lexicons).Assembly.GetManifestResourceStream($"lexicons/{name}")!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

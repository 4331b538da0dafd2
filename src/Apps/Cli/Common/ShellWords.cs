namespace Quorate.Cli.Common;

/// <summary>Commands to be pasted into a shell.</summary>
internal static class ShellWords
{
    private const string Plain = "-_./=:,+@%";

    /// <summary>One line in which each word stays one word (POSIX shell, single quotes).</summary>
    public static string Line(params IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

namespace Quorate.Platforms.Slurm;

/// <summary>How our jobs are told from others: by a comment with the mark and the key.</summary>
internal static class SlurmMarks
{
    private const string Prefix = "quorate:";

    public static string Comment(string mark, string key) => $"{Prefix}{mark}:{key}";

    /// <summary>The key in a comment with our mark; null: not ours.</summary>
    public static string? KeyIn(string comment, string mark)
    {
        var ours = Comment(mark, "");
        return comment.StartsWith(ours, StringComparison.Ordinal) && comment[ours.Length..].Trim() is { Length: > 0 } key && IsPlain(key) ? key : null;
    }

    /// <summary>Letters, digits, dot, underscore and hyphen; not an option.</summary>
    public static bool IsPlain(string text) => text.Length > 0 && text[0] != '-' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}

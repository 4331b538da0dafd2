using System.Text.RegularExpressions;

namespace Quorate.Contracts;

/// <summary>The one rule for names that become keys, files and parts of ids: of agents, jobs, tasks and skills.</summary>
public static partial class NameRule
{
    /// <summary>For errors.</summary>
    public const string Allowed = "1 to 64 letters, digits, dots, underscores and hyphens are allowed, the first a letter or digit";

    /// <summary>Of agents: their keys are files, and not all file systems tell upper from lower case.</summary>
    public static StringComparer OfAgents => StringComparer.OrdinalIgnoreCase;

    public static bool IsName(string text) => Pattern().IsMatch(text);

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}

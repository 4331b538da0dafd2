using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Baseline;

/// <summary>
/// Finds the forms of log lines, after Drain (He, Zhu, Zheng, Lyu, ICWS 2017): numbers, ids, addresses and quoted values
/// are masked, lines are grouped by their number of words and first word, and joined with the form of their group that
/// has enough words in common; words that differ become <c>&lt;*&gt;</c>. Bounded in forms and words.
/// </summary>
public sealed partial class LogTemplateMiner
{
    public const string Any = "<*>";

    private const int MaxTemplates = 200;
    private const int MaxWords = 40;
    private const int MaxLength = 400;
    private const double SameShare = 0.6;

    private readonly Dictionary<(int Words, string First), List<Form>> _groups = [];
    private int _count;

    /// <summary>Forms with the number of lines that had each, the most frequent first.</summary>
    public IReadOnlyList<(string Text, int Lines)> Templates =>
        [.. _groups.Values.SelectMany(g => g).Select(f => (string.Join(' ', f.Words), f.Lines)).OrderByDescending(f => f.Lines).ThenBy(f => f.Item1, StringComparer.Ordinal)];

    public void Add(string message)
    {
        var words = Words(message);
        var group = GroupOf(words);
        if (!_groups.TryGetValue(group, out var forms))
        {
            _groups[group] = forms = [];
        }

        var best = forms.MaxBy(f => Shared(f.Words, words));
        if (best is not null && Shared(best.Words, words) >= SameShare * words.Length)
        {
            best.Join(words);
        }
        else if (_count < MaxTemplates)
        {
            forms.Add(new Form(words));
            _count++;
        }
    }

    public void AddRange(IEnumerable<LogLine> lines)
    {
        foreach (var line in lines)
        {
            Add(line.Msg);
        }
    }

    /// <summary>Whether a line of this form would join the other.</summary>
    public static bool IsSame(string template, string other)
    {
        var (a, b) = (template.Split(' '), other.Split(' '));
        return a.Length == b.Length && Shared(a, b) >= SameShare * a.Length;
    }

    private static string[] Words(string message)
    {
        var masked = Variable().Replace(message.Length > MaxLength ? message[..MaxLength] : message, Any);
        return [.. masked.Split((char[])[' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Take(MaxWords)];
    }

    private static (int Words, string First) GroupOf(string[] words) => (words.Length, words.Length > 0 && !words[0].Contains(Any, StringComparison.Ordinal) ? words[0] : Any);

    private static int Shared(string[] a, string[] b) => a.Zip(b).Count(w => w.First == w.Second || w.First == Any);

    [GeneratedRegex("\"[^\"]*\"|'[^']*'|https?://\\S+|\\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\\b|\\b\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d+)?\\b|\\b0x[0-9a-fA-F]+\\b|\\b[0-9a-f]{12,}\\b|<\\d+\\.\\d+\\.\\d+>|[-+]?\\d+(?:[.,:]\\d+)*", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Variable();

    private sealed class Form(string[] words)
    {
        public string[] Words { get; private set; } = words;

        public int Lines { get; private set; } = 1;

        public void Join(string[] other)
        {
            Lines++;
            Words = [.. Words.Zip(other, (a, b) => a == b ? a : Any)];
        }
    }
}

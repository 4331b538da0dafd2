namespace Quorate.Models.Documents;

/// <summary>Words that turn a statement into its opposite.</summary>
public static class Negation
{
    private static readonly HashSet<string> Negators = new(
        "no not never none nobody nothing nowhere neither nor without cannot cant dont doesnt didnt isnt arent wasnt werent wont wouldnt shouldnt couldnt hardly rarely seldom".Split(' '),
        StringComparer.Ordinal);

    /// <summary>True for not, never, without, …, and for every contraction with n't; upper and lower case alike.</summary>
    public static bool Is(string word)
    {
        var lower = word.ToLowerInvariant().Replace('’', '\'');
        return Negators.Contains(lower) || lower.EndsWith("n't", StringComparison.Ordinal);
    }

    /// <summary>The words of a text with their apostrophes, so that contractions stay whole.</summary>
    public static IReadOnlyList<string> Tokens(string text)
    {
        var tokens = new List<string>();
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var part = i < text.Length && (char.IsLetterOrDigit(text[i])
                || (text[i] is '\'' or '’' && start >= 0 && i + 1 < text.Length && char.IsLetter(text[i + 1])));
            if (part && start < 0)
            {
                start = i;
            }
            else if (!part && start >= 0)
            {
                tokens.Add(text[start..i].ToLowerInvariant().Replace('’', '\''));
                start = -1;
            }
        }

        return tokens;
    }

    /// <summary>True when a statement holds an odd number of negators: two of them take each other back.</summary>
    public static bool Negates(string text) => Tokens(text).Count(Is) % 2 == 1;
}

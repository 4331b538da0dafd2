using System.Text;

namespace Quorate.Platforms.Compose;

/// <summary>
/// Compose's variable interpolation: <c>$V ${V} ${V:-d} ${V-d} ${V:?e} ${V?e} ${V:+x} ${V+x} $$</c>, words nested.
/// A variable that is not set and has no default is empty, as in Compose.
/// </summary>
internal sealed class Interpolation(Func<string, string?> lookup)
{
    public const string Form = "$NAME or ${NAME}, with :- - :? ? :+ + after the name, and $$ for a dollar sign";
    private const int MaxNesting = 16;

    /// <summary>What all interpolated values of one file may hold together, so that long variables cannot multiply.</summary>
    private const int MaxCharacters = 4 << 20;

    private int _produced;

    /// <summary>Required variables found missing in the expression at hand.</summary>
    private readonly List<string> _missing = [];

    /// <summary>The tree with every text in it interpolated; what cannot be is left as it is, with a problem noted.</summary>
    public Node Apply(Node node, string path, Problems problems)
    {
        switch (node)
        {
            case ListNode list:
                return new ListNode(list.Source, list.Line, [.. list.Items.Select((item, i) => Apply(item, $"{path}[{i}]", problems))]);
            case MapNode map:
                var entries = new OrderedDictionary<string, Node>(map.Entries.Count);
                foreach (var (key, value) in map.Entries)
                {
                    entries.Add(key, Apply(value, path.Length == 0 ? key : $"{path}.{key}", problems));
                }

                return new MapNode(map.Source, map.Line, entries);
            case ScalarNode { IsNull: false } scalar when scalar.Text.Contains('$'):
                if (Expand(scalar.Text, out var error) is { } text)
                {
                    return new ScalarNode(scalar.Source, scalar.Line, text);
                }

                problems.Add(scalar, path, error!);
                return scalar;
            default:
                return node;
        }
    }

    /// <summary>The text with its variables replaced; null with the reason when it cannot be.</summary>
    public string? Expand(string text, out string? error)
    {
        var output = new StringBuilder();
        var at = 0;
        _missing.Clear();
        error = Append(text, ref at, output, nesting: 0) ?? _missing.FirstOrDefault();
        _produced += output.Length;
        if (error is null && _produced > MaxCharacters)
        {
            error = $"the interpolated values are larger than {MaxCharacters} characters together";
        }

        return error is null ? output.ToString() : null;
    }

    /// <summary>Copies up to the end, or to the brace that closes the expression this text is a word of.</summary>
    private string? Append(string text, ref int at, StringBuilder output, int nesting)
    {
        for (; at < text.Length && !(nesting > 0 && text[at] == '}'); at++)
        {
            if (output.Length > MaxCharacters)
            {
                return $"the value is longer than {MaxCharacters} characters once interpolated";
            }

            if (text[at] != '$')
            {
                output.Append(text[at]);
                continue;
            }

            var next = at + 1 < text.Length ? text[at + 1] : '\0';
            if (next == '$')
            {
                output.Append('$');
                at++;
            }
            else if (next == '{')
            {
                at += 2;
                if (AppendBraced(text, ref at, output, nesting + 1) is { } error)
                {
                    return error;
                }
            }
            else if (IsNameStart(next))
            {
                at++;
                output.Append(lookup(TakeName(text, ref at)));
                at--;
            }
            else
            {
                return $"a dollar sign at character {at + 1} starts no variable; allowed: {Form}";
            }
        }

        return null;
    }

    private string? AppendBraced(string text, ref int at, StringBuilder output, int nesting)
    {
        var invalid = $"the expression at character {at - 1} is not a variable; allowed: {Form}, nested up to {MaxNesting} deep";
        if (nesting > MaxNesting || at >= text.Length || !IsNameStart(text[at]))
        {
            return invalid;
        }

        var name = TakeName(text, ref at);
        var value = lookup(name);
        var colon = at < text.Length && text[at] == ':';
        at += colon ? 1 : 0;
        var operation = at < text.Length ? text[at] : '\0';
        var word = new StringBuilder();
        if (operation is '-' or '?' or '+')
        {
            at++;
            var missing = _missing.Count;
            if (Append(text, ref at, word, nesting) is { } error)
            {
                return error;
            }

            // A word that is not used must not fail on its own required variables.
            if (IsSet(value, colon) != (operation == '+'))
            {
                _missing.RemoveRange(missing, _missing.Count - missing);
            }
        }
        else if (colon || operation != '}')
        {
            return invalid;
        }

        if (at >= text.Length)
        {
            return invalid;
        }

        Choose(name, value, operation, IsSet(value, colon), word, output);
        return null;
    }

    private void Choose(string name, string? value, char operation, bool set, StringBuilder word, StringBuilder output)
    {
        switch (operation)
        {
            case '-':
                output.Append(set ? value : word.ToString());
                break;
            case '+':
                output.Append(set ? word.ToString() : "");
                break;
            case '?' when !set:
                _missing.Add($"the variable {name} is required and not set: {Problems.Quote(word.ToString())}; set it in the environment or in .env");
                break;
            default:
                output.Append(value);
                break;
        }
    }

    private static bool IsSet(string? value, bool nonEmpty) => nonEmpty ? !string.IsNullOrEmpty(value) : value is not null;

    private static bool IsNameStart(char c) => c == '_' || char.IsAsciiLetter(c);

    private static string TakeName(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && (text[at] == '_' || char.IsAsciiLetterOrDigit(text[at])))
        {
            at++;
        }

        return text[start..at];
    }
}

using System.Text;

namespace Quorate.Platforms.Compose;

/// <summary>
/// Files of <c>NAME=VALUE</c> lines (<c>.env</c> and <c>env_file</c>): comments, <c>export</c>, single quotes (literal),
/// double quotes (escapes, several lines), variables. A name alone is taken from the environment.
/// </summary>
internal static class EnvFile
{
    /// <summary>Values by name, a later line over an earlier one; null for a name alone.</summary>
    public static Dictionary<string, string?> Read(string path, Func<string, string?> lookup, bool raw, Problems problems)
    {
        var values = new Dictionary<string, string?>();
        if (YamlReader.ReadText(path, problems) is { } text)
        {
            var reader = new Reader(path, text.ReplaceLineEndings("\n"), problems, name => lookup(name) ?? values.GetValueOrDefault(name), raw);
            reader.ReadInto(values);
        }

        return values;
    }

    private sealed class Reader(string path, string text, Problems problems, Func<string, string?> lookup, bool raw)
    {
        private readonly Interpolation _interpolation = new(lookup);
        private int _at;
        private int _line = 1;

        public void ReadInto(Dictionary<string, string?> values)
        {
            while (_at < text.Length)
            {
                var line = _line;
                var content = TakeUntil('\n').TrimStart();
                if (content.Length == 0 || content[0] == '#')
                {
                    continue;
                }

                if (content.StartsWith("export ", StringComparison.Ordinal))
                {
                    content = content[7..].TrimStart();
                }

                var equals = content.IndexOf('=', StringComparison.Ordinal);
                var name = (equals < 0 ? content : content[..equals]).Trim();
                if (name.Length == 0 || name.Contains('\0') || name.Any(char.IsWhiteSpace))
                {
                    problems.Add(path, line, $"{Problems.Quote(content)}: allowed: NAME=VALUE, NAME, or a comment after #");
                    continue;
                }

                values[name] = equals < 0 ? null : ReadValue(content[(equals + 1)..], name, line);
            }
        }

        private string ReadValue(string rest, string name, int line)
        {
            var value = rest.TrimStart();
            if (value.Contains('\0'))
            {
                problems.Add(path, line, $"{name}: allowed: text without NUL characters");
                return "";
            }

            if (raw)
            {
                return rest;
            }

            if (value.Length > 0 && value[0] is '\'' or '"')
            {
                return ReadQuoted(value[1..], value[0], name, line);
            }

            var comment = value.IndexOf(" #", StringComparison.Ordinal);
            return Expand((comment < 0 ? value : value[..comment]).TrimEnd(), name, line);
        }

        private string ReadQuoted(string rest, char quote, string name, int line)
        {
            var value = new StringBuilder();
            for (; ; rest = TakeUntil('\n'))
            {
                for (var i = 0; i < rest.Length; i++)
                {
                    if (rest[i] == quote)
                    {
                        return quote == '"' ? Expand(value.ToString(), name, line) : value.ToString();
                    }

                    if (quote == '"' && rest[i] == '\\' && i + 1 < rest.Length)
                    {
                        value.Append(Unescape(rest[++i]));
                    }
                    else
                    {
                        value.Append(rest[i]);
                    }
                }

                if (_at >= text.Length)
                {
                    problems.Add(path, line, $"{name}: the quote {quote} is not closed");
                    return "";
                }

                value.Append('\n');
            }
        }

        private static string Unescape(char c) => c switch
        {
            'n' => "\n",
            'r' => "\r",
            't' => "\t",
            '$' => "$$",
            '"' or '\\' => c.ToString(),
            _ => $"\\{c}",
        };

        private string Expand(string value, string name, int line)
        {
            if (_interpolation.Expand(value, out var error) is { } expanded)
            {
                return expanded;
            }

            problems.Add(path, line, $"{name} = {Problems.Quote(value)}: {error}");
            return "";
        }

        private string TakeUntil(char end)
        {
            var stop = text.IndexOf(end, _at);
            var part = stop < 0 ? text[_at..] : text[_at..stop];
            _at = stop < 0 ? text.Length : stop + 1;
            _line++;
            return part;
        }
    }
}

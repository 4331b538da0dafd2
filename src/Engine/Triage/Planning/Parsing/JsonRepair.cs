using System.Text;

namespace Quorate.Engine.Triage.Planning.Parsing;

/// <summary>One object found in a text, as strict JSON, with the repairs that it took. End: where it ended in the text.</summary>
internal sealed record RepairedJson(string Json, IReadOnlyList<string> Repairs, int End);

/// <summary>
/// Rewrites the small mistakes that models make in JSON: comments, trailing commas, other quotation marks, Python's words,
/// raw line breaks and stray backslashes in strings, and a missing tail. One pass, linear time; it guesses no values.
/// </summary>
internal sealed class JsonRepair
{
    public const int MaxDepth = 32;
    private const int TasksDepth = 2;

    private readonly string _text;
    private readonly StringBuilder _out = new();
    private readonly SortedSet<string> _repairs = new(StringComparer.Ordinal);
    private readonly JsonRepairStrings _strings;
    private int _at;

    private JsonRepair(string text, int start)
    {
        _text = text;
        _at = start;
        _strings = new JsonRepairStrings(text, _out, _repairs);
    }

    private enum Outcome
    {
        Ok,

        /// <summary>The text ended here; what was open has been closed.</summary>
        Cut,
        Bad,
    }

    private bool Ended => _at >= _text.Length;

    /// <summary>The object that opens at <paramref name="start"/>; null when it is beyond small repairs.</summary>
    public static RepairedJson? TryObject(string text, int start)
    {
        var repair = new JsonRepair(text, start);
        var outcome = repair.Object(1);
        if (outcome == Outcome.Cut)
        {
            repair._repairs.Add("closed a truncated tail");
        }

        return outcome == Outcome.Bad ? null : new RepairedJson(repair._out.ToString(), [.. repair._repairs], repair._at);
    }

    private Outcome Value(int depth, string key)
    {
        if (!SkipBlank())
        {
            return Outcome.Cut;
        }

        var next = _text[_at];
        return depth > MaxDepth ? Outcome.Bad
            : next == '{' ? Object(depth)
            : next == '[' ? Array(depth, key)
            : JsonRepairStrings.Opens(next) ? String()
            : Word();
    }

    private Outcome Object(int depth)
    {
        _at++;
        _out.Append('{');
        for (var first = true; ; first = false)
        {
            var before = _out.Length;
            var state = Separator('}', first);
            if (state is not null)
            {
                return state.Value;
            }

            _out.Append(first ? "" : ",");
            var keyAt = _out.Length;
            var outcome = JsonRepairStrings.Opens(_text[_at]) ? String() : Outcome.Bad;
            if (outcome == Outcome.Ok)
            {
                var key = _out.ToString(keyAt + 1, _out.Length - keyAt - 2);
                outcome = !SkipBlank() ? Outcome.Cut : _text[_at] == ':' ? Outcome.Ok : Outcome.Bad;
                if (outcome == Outcome.Ok)
                {
                    _at++;
                    _out.Append(':');
                    var valueAt = _out.Length;
                    outcome = Value(depth + 1, key);
                    if (outcome == Outcome.Cut && _out.Length > valueAt)
                    {
                        // The value has closed itself; it stays.
                        _out.Append('}');
                        return Outcome.Cut;
                    }
                }
            }

            if (outcome != Outcome.Ok)
            {
                _out.Length = before;
                _out.Append('}');
                return outcome;
            }
        }
    }

    private Outcome Array(int depth, string key)
    {
        _at++;
        _out.Append('[');
        for (var first = true; ; first = false)
        {
            var before = _out.Length;
            var state = Separator(']', first);
            if (state is not null)
            {
                return state.Value;
            }

            _out.Append(first ? "" : ",");
            var elementAt = _out.Length;
            var outcome = Value(depth + 1, "");
            if (outcome == Outcome.Ok)
            {
                continue;
            }

            // Half a task must never run: the task that was being written is dropped.
            if (_out.Length == elementAt || (key == "tasks" && depth == TasksDepth))
            {
                _repairs.Add(key == "tasks" ? "dropped the unfinished last task" : "dropped an unfinished last element");
                _out.Length = before;
            }

            _out.Append(']');
            return outcome;
        }
    }

    /// <summary>Passes the comma or the end of a container; null when a member follows.</summary>
    private Outcome? Separator(char close, bool first)
    {
        if (!SkipBlank())
        {
            _out.Append(close);
            return Outcome.Cut;
        }

        if (!first && _text[_at] == ',')
        {
            _at++;
            if (!SkipBlank())
            {
                _out.Append(close);
                return Outcome.Cut;
            }

            if (_text[_at] == close)
            {
                _repairs.Add("removed a trailing comma");
            }
        }
        else if (!first && _text[_at] != close)
        {
            return Outcome.Bad;
        }

        if (_text[_at] != close)
        {
            return null;
        }

        _at++;
        _out.Append(close);
        return Outcome.Ok;
    }

    private Outcome String()
    {
        var (end, complete) = _strings.Copy(_at);
        if (end < 0)
        {
            return Outcome.Bad;
        }

        _at = end;
        return complete ? Outcome.Ok : Outcome.Cut;
    }

    /// <summary>A number or a literal. One that touches the end of the text may be half a one, so it does not count.</summary>
    private Outcome Word()
    {
        var start = _at;
        while (!Ended && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '-' or '+' or '.'))
        {
            _at++;
        }

        if (Ended)
        {
            return Outcome.Cut;
        }

        var word = _text[start.._at];
        var json = word switch { "True" => "true", "False" => "false", "None" => "null", _ => word };
        if (json != word)
        {
            _repairs.Add("replaced Python's True, False or None");
        }

        // The strict parser judges numbers afterwards.
        _out.Append(json);
        return word.Length > 0 ? Outcome.Ok : Outcome.Bad;
    }

    /// <summary>Passes white space and comments; false at the end of the text.</summary>
    private bool SkipBlank()
    {
        while (!Ended)
        {
            if (char.IsWhiteSpace(_text[_at]) || _text[_at] == '\ufeff')
            {
                _at++;
            }
            else if (_text[_at] == '/' && _at + 1 < _text.Length && _text[_at + 1] is '/' or '*')
            {
                var block = _text[_at + 1] == '*';
                var end = _text.IndexOf(block ? "*/" : "\n", _at + 2, StringComparison.Ordinal);
                _at = end < 0 ? _text.Length : end + (block ? 2 : 1);
                _repairs.Add("removed a comment");
            }
            else
            {
                return true;
            }
        }

        return false;
    }
}

using System.Text;
using Quorate.Contracts;

namespace Quorate.Platforms.Compose;

/// <summary>Collects everything that is wrong with a project, so that a person sees all of it at once.</summary>
internal sealed class Problems
{
    private const int MaxShown = 50;
    private const int MaxValueLength = 80;
    private readonly List<string> _lines = [];
    private int _count;

    public bool Any => _count > 0;

    /// <summary>One problem of a value: where it stands, what it is, what is allowed.</summary>
    public void Add(Node node, string path, string allowed)
    {
        var value = node is ScalarNode scalar ? $" = {Quote(scalar.IsNull ? "null" : scalar.Text)}" : "";
        Add(node.Source.Path, node.Line, $"{path}{value}: {allowed}");
    }

    /// <summary>One problem of a file; line is 1-based, 0 when not known.</summary>
    public void Add(string file, int line, string message)
    {
        if (_count++ < MaxShown)
        {
            _lines.Add(line > 0 ? $"{file}:{line}: {message}" : $"{file}: {message}");
        }
    }

    public void ThrowIfAny(string file)
    {
        if (!Any)
        {
            return;
        }

        var more = _count > MaxShown ? $"\n  and {_count - MaxShown} more" : "";
        throw QuorateException.Input(
            "compose_invalid",
            $"{file} is not a Compose file that can be used, {_count} {(_count == 1 ? "problem" : "problems")}:\n  {string.Join("\n  ", _lines)}{more}",
            "Correct the lines named above; docs: https://docs.docker.com/reference/compose-file/");
    }

    /// <summary>Foreign text made short and printable.</summary>
    public static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value.Take(MaxValueLength))
        {
            text.Append(char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString());
        }

        return text.Append(value.Length > MaxValueLength ? "…\"" : "\"").ToString();
    }
}

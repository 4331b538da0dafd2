namespace Quorate.Engine.Triage.Planning.Validation;

/// <summary>Foreign values inside messages: in quotes, on one line, short.</summary>
internal static class Shown
{
    private const int MaxValue = 60;
    private const int MaxList = 30;

    public static string Value(string? value)
    {
        if (value is null)
        {
            return "null";
        }

        var cut = value.Length > MaxValue ? value[..MaxValue] + "…" : value;
        return "\"" + string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)) + "\"";
    }

    public static string List(IEnumerable<string> values)
    {
        var all = values.ToList();
        return all.Count == 0 ? "none"
            : string.Join(", ", all.Take(MaxList)) + (all.Count > MaxList ? $" and {all.Count - MaxList} more" : "");
    }
}

using System.Globalization;
using System.Text.Json;
using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Agents;

/// <summary>Reads a task's typed arguments; what is absent or of another kind gives the default, clamped to the catalogue's bounds.</summary>
public static class TaskArgs
{
    public static string? Text(this PlanTask task, string name) =>
        task.Args.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static double? Number(this PlanTask task, string name)
    {
        if (!task.Args.TryGetValue(name, out var value))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetDouble(out var number) => Clamp(task, name, number),
            JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => Clamp(task, name, number),
            _ => null,
        };
    }

    public static int Integer(this PlanTask task, string name, int fallback) => (int)(task.Number(name) ?? fallback);

    /// <summary><c>250ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>, or a bare number of seconds.</summary>
    public static TimeSpan Duration(this PlanTask task, string name, TimeSpan fallback)
    {
        if (task.Number(name) is { } bare)
        {
            return TimeSpan.FromSeconds(bare);
        }

        return task.Text(name) is { } text && ParseSeconds(text) is { } seconds
            ? TimeSpan.FromSeconds(Clamp(task, name, seconds))
            : fallback;
    }

    private static double? ParseSeconds(string text)
    {
        ReadOnlySpan<(string Unit, double Seconds)> units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
        foreach (var (unit, seconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return number * seconds;
            }
        }

        return null;
    }

    private static double Clamp(PlanTask task, string name, double value)
    {
        var spec = TaskCatalog.Types.TryGetValue(task.Type, out var type) ? type.Args.FirstOrDefault(a => a.Name == name) : null;
        return spec is null ? value : Math.Clamp(value, spec.Min, spec.Max);
    }
}

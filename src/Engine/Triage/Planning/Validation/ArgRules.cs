using System.Text.Json;
using System.Text.RegularExpressions;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Planning.Validation;

/// <summary>What a task's arguments must be: the catalogue's kinds and ranges, then what a single argument needs beyond them.</summary>
internal static class ArgRules
{
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(100);

    public static void Check(string where, PlanTask task, TaskTypeSpec type, ServiceSpec? service, List<string> reasons)
    {
        var args = task.Args ?? new Dictionary<string, JsonElement>();
        foreach (var spec in type.Args.Where(a => a.Required && !args.ContainsKey(a.Name)))
        {
            reasons.Add($"{where}: args.{spec.Name} is missing; {type.Name} needs it: {spec.Summary}");
        }

        foreach (var (name, value) in args)
        {
            var spec = type.Args.FirstOrDefault(a => a.Name == name);
            var problem = spec is null ? $"is unknown; allowed for {type.Name}: {Shown.List(type.Args.Select(a => a.Name))}"
                : KindProblem(spec, value) ?? MeaningProblem(type.Name, name, value, service);
            if (problem is not null)
            {
                reasons.Add($"{where}: args.{(spec is null ? Shown.Value(name) : name)} {problem}");
            }
        }
    }

    private static string? KindProblem(ArgSpec spec, JsonElement value)
    {
        switch (spec.Kind)
        {
            case ArgKind.Text:
                return value.ValueKind != JsonValueKind.String ? Wrong(value, "a string")
                    : value.GetString()!.Length is var length && (length < spec.Min || length > spec.Max) ? $"has {length} characters; allowed: {spec.Min}–{spec.Max}" : null;
            case ArgKind.Integer:
                return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) ? OutOfRange(spec, whole, "") : Wrong(value, "a whole number");
            case ArgKind.Number:
                return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
                    ? OutOfRange(spec, number, "") : Wrong(value, "a number");
            default:
                return value.ValueKind == JsonValueKind.String && TaskDuration.TryParse(value.GetString()!, out var duration)
                    ? OutOfRange(spec, duration.TotalSeconds, " s") : Wrong(value, "a duration such as \"30s\", \"5m\" or \"1h\"");
        }
    }

    private static string Wrong(JsonElement value, string wanted) =>
        $"is {Shown.Value(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText())}; allowed: {wanted}";

    private static string? OutOfRange(ArgSpec spec, double value, string unit) =>
        value < spec.Min || value > spec.Max ? $"is {value}{unit}; allowed: {spec.Min}–{spec.Max}{unit}" : null;

    private static string? MeaningProblem(string type, string name, JsonElement value, ServiceSpec? service) => (type, name) switch
    {
        ("check_logs", "pattern") => PatternProblem(value.GetString()!),
        ("http_check", "path") => PathProblem(value.GetString()!),
        ("set_env", "name") when service is not null => VariableProblem(value.GetString()!, service),
        ("exec", "command") when !value.GetString()!.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') =>
            $"is {Shown.Value(value.GetString())}; allowed: an allow-listed name of letters, digits, hyphen, underscore and dot",
        ("kubectl_rollout_restart", "namespace") when !IsDnsLabel(value.GetString()!) =>
            $"is {Shown.Value(value.GetString())}; allowed: lower-case letters, digits and inner hyphens (RFC 1123)",
        _ => null,
    };

    private static string? PatternProblem(string pattern)
    {
        try
        {
            // Parsing is enough here: whoever matches with it uses a timeout or no backtracking.
            _ = new Regex(pattern, RegexOptions.None, PatternTimeout);
            return null;
        }
        catch (ArgumentException error)
        {
            return $"is {Shown.Value(pattern)}, not a regular expression: {error.Message}";
        }
    }

    /// <summary>A path that cannot name another host: <c>//host/x</c> would.</summary>
    private static string? PathProblem(string path) =>
        path.StartsWith('/') && !path.StartsWith("//", StringComparison.Ordinal) && path.All(c => c is > ' ' and < '\u007f' and not '\\')
            ? null : $"is {Shown.Value(path)}; allowed: a path that starts with one slash, without spaces";

    private static string? VariableProblem(string name, ServiceSpec service)
    {
        var declared = service.Environment.Keys.Union(service.Process?.Environment.Keys ?? [], StringComparer.Ordinal).ToList();
        return declared.Contains(name) ? null : $"is {Shown.Value(name)}; allowed: variables declared for {service.Name}: {Shown.List(declared)}";
    }

    private static bool IsDnsLabel(string text) =>
        text.Length is >= 1 and <= 63 && text[0] != '-' && text[^1] != '-' && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}

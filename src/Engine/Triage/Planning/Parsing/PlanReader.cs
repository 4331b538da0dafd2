using System.Globalization;
using System.Text.Json;
using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Planning.Validation;

namespace Quorate.Engine.Triage.Planning.Parsing;

/// <summary>Reads a plan's fields with their kinds, noting everything that is wrong instead of stopping at the first.</summary>
internal sealed class PlanReader(PlanDefaults defaults)
{
    /// <summary>Tasks that are looked at; the validator's limit is lower.</summary>
    private const int MaxTasks = 200;

    private static readonly string[] TopFields = ["plan_id", "root_goal", "created_at", "plan_version", "tasks", "clarifying_task", "no_fault", "root_cause"];
    private static readonly string[] TaskFields = ["task_id", "type", "target", "args", "dependencies", "assigned_to", "estimated_cost_ms"];
    private readonly List<string> _reasons = [];
    private readonly List<string> _notes = [];
    private ClarifyingTask? _question;

    public PlanParseResult Read(JsonElement root)
    {
        var unknown = root.EnumerateObject().Select(p => p.Name).Except(TopFields, StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            _notes.Add($"ignored unknown fields: {Shown.List(unknown.Select(Shown.Value))}");
        }

        var tasks = ReadTasks(root);
        if (Has(root, "clarifying_task", out var question))
        {
            ReadQuestion("clarifying_task", question);
        }

        var plan = new Plan
        {
            PlanId = Given(root, "plan_id") ? Text(root, "plan", "plan_id") : Filled("plan_id", defaults.PlanId),
            RootGoal = Text(root, "plan", "root_goal"),
            CreatedAt = Given(root, "created_at") ? Time(root) : Filled("created_at", defaults.CreatedAt),
            PlanVersion = Given(root, "plan_version") ? Whole(root, "plan", "plan_version") : Filled("plan_version", defaults.PlanVersion),
            Tasks = tasks,
            ClarifyingTask = _question,
        };
        return new PlanParseResult
        {
            Plan = _reasons.Count == 0 ? plan : null,
            Reasons = _reasons,
            Notes = _notes,
            NoFault = Has(root, "no_fault", out var none) && none.ValueKind == JsonValueKind.True,
            RootCause = ReadCause(root),
        };
    }

    private List<PlanTask> ReadTasks(JsonElement root)
    {
        var tasks = new List<PlanTask>();
        if (!Has(root, "tasks", out var list))
        {
            return tasks;
        }

        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxTasks)
        {
            _reasons.Add(list.ValueKind == JsonValueKind.Array ? $"plan: tasks has {list.GetArrayLength()} entries" : $"plan: tasks is {Kind(list)}; allowed: an array");
            return tasks;
        }

        foreach (var (index, element) in list.EnumerateArray().Index())
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                _reasons.Add($"tasks[{index}] is {Kind(element)}; allowed: an object");
            }
            else if (Has(element, "clarifying_task", out var nested))
            {
                ReadQuestion($"tasks[{index}].clarifying_task", nested);
            }
            else if (Has(element, "question", out _) || (Has(element, "type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "clarifying_task"))
            {
                ReadQuestion($"tasks[{index}]", element);
            }
            else
            {
                tasks.Add(ReadTask(index, element));
            }
        }

        return tasks;
    }

    private PlanTask ReadTask(int index, JsonElement element)
    {
        var where = Has(element, "task_id", out var id) && id.ValueKind == JsonValueKind.String ? $"task {Shown.Value(id.GetString())}" : $"tasks[{index}]";
        foreach (var field in element.EnumerateObject().Where(p => !TaskFields.Contains(p.Name, StringComparer.Ordinal)))
        {
            _reasons.Add($"{where}: field {Shown.Value(field.Name)} is unknown; allowed: {Shown.List(TaskFields)}");
        }

        return new PlanTask
        {
            TaskId = Text(element, where, "task_id"),
            Type = Text(element, where, "type"),
            Target = Text(element, where, "target"),
            AssignedTo = Text(element, where, "assigned_to"),
            Args = ReadArgs(where, element),
            Dependencies = ReadDependencies(where, element),
            EstimatedCostMs = Has(element, "estimated_cost_ms", out _) ? Whole(element, where, "estimated_cost_ms") : 0,
        };
    }

    private Dictionary<string, JsonElement> ReadArgs(string where, JsonElement task)
    {
        if (Has(task, "args", out var args) && args.ValueKind != JsonValueKind.Object)
        {
            _reasons.Add($"{where}: args is {Kind(args)}; allowed: an object");
        }

        return args.ValueKind != JsonValueKind.Object ? []
            // Null means "not given": models fill every field that a schema names.
            : args.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null).ToDictionary(p => p.Name, p => p.Value.Clone(), StringComparer.Ordinal);
    }

    private List<string> ReadDependencies(string where, JsonElement task)
    {
        if (!Has(task, "dependencies", out var list))
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(d => d.ValueKind != JsonValueKind.String))
        {
            _reasons.Add($"{where}: dependencies is {Kind(list)}; allowed: an array of task ids");
            return [];
        }

        return [.. list.EnumerateArray().Select(d => d.GetString()!).Distinct(StringComparer.Ordinal)];
    }

    private void ReadQuestion(string where, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            _reasons.Add($"{where} is {Kind(element)}; allowed: an object with task_id and question");
            return;
        }

        if (_question is not null)
        {
            _notes.Add($"ignored a second question in {where}");
            return;
        }

        _question = new ClarifyingTask(Has(element, "task_id", out _) ? Text(element, where, "task_id") : "question", Text(element, where, "question"));
    }

    private static RootCauseClaim? ReadCause(JsonElement root)
    {
        if (!Has(root, "root_cause", out var claim) || claim.ValueKind != JsonValueKind.Object
            || !Has(claim, "service", out var service) || service.ValueKind != JsonValueKind.String
            || !Has(claim, "cause", out var cause) || cause.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        var confidence = Has(claim, "confidence", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetDouble(out var value) ? Math.Clamp(value, 0, 1) : 0.5;
        return new RootCauseClaim(service.GetString()!, cause.GetString()!, confidence);
    }

    private static bool Has(JsonElement element, string name, out JsonElement value) =>
        element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private bool Given(JsonElement root, string name) => !defaults.Override && Has(root, name, out _);

    private T Filled<T>(string field, T value)
    {
        _notes.Add($"filled in {field}");
        return value;
    }

    private string Text(JsonElement element, string where, string field)
    {
        if (Has(element, field, out var value) && value.ValueKind == JsonValueKind.String)
        {
            return value.GetString()!;
        }

        _reasons.Add(value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? $"{where}: {field} is missing" : $"{where}: {field} is {Kind(value)}; allowed: a string");
        return "";
    }

    private int Whole(JsonElement element, string where, string field)
    {
        if (Has(element, field, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            && number == Math.Truncate(number) && Math.Abs(number) <= int.MaxValue)
        {
            return (int)number;
        }

        _reasons.Add($"{where}: {field} is {Shown.Value(value.GetRawText())}; allowed: a whole number");
        return 0;
    }

    private DateTimeOffset Time(JsonElement root)
    {
        if (root.GetProperty("created_at") is { ValueKind: JsonValueKind.String } value
            && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return time;
        }

        _reasons.Add($"plan: created_at is {Shown.Value(root.GetProperty("created_at").GetRawText())}; allowed: a time such as \"2026-01-31T12:00:00Z\"");
        return default;
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}

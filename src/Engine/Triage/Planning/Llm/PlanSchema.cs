using System.Text.Json;
using System.Text.Json.Nodes;
using Quorate.Contracts;
using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Planning.Llm;

/// <summary>The JSON Schema (2020-12) of a plan, made from the task catalogue so that the two cannot disagree.</summary>
public static class PlanSchema
{
    private const string DurationPattern = "^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$";

    /// <summary>Services that a schema lists under each type; the inventory and the validator know all of them.</summary>
    private const int MaxListedServices = 12;

    /// <summary>The schema of plan files: <c>docs/schemas/plan.json</c>.</summary>
    public static JsonObject Create() => new()
    {
        ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
        ["title"] = "Quorate plan",
        ["description"] = "A directed acyclic graph of tasks. Code fills in plan_id, created_at and plan_version when they are missing.",
        ["type"] = "object",
        ["required"] = new JsonArray("root_goal"),
        ["properties"] = new JsonObject
        {
            ["plan_id"] = Text(1, PlanLimits.Default.MaxIdLength),
            ["root_goal"] = Text(1, PlanLimits.Default.MaxTextLength),
            ["created_at"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" },
            ["plan_version"] = new JsonObject { ["type"] = "integer", ["minimum"] = 1 },
            ["tasks"] = Tasks(PlanLimits.Default.MaxTasks, null),
            ["clarifying_task"] = Question(),
        },
    };

    /// <summary>The schema of a model's answer: only what a model decides, and only services that exist.</summary>
    public static JsonElement ForModel(IReadOnlyList<string> services, int maxTasks) => QuorateJson.ToElement(new JsonObject
    {
        ["type"] = "object",
        ["required"] = new JsonArray("root_goal", "tasks"),
        ["properties"] = new JsonObject
        {
            ["root_goal"] = Text(1, PlanLimits.Default.MaxTextLength),
            ["root_cause"] = new JsonObject
            {
                ["type"] = "object",
                ["required"] = new JsonArray("service", "cause", "confidence"),
                ["properties"] = new JsonObject
                {
                    ["service"] = new JsonObject { ["type"] = "string" },
                    ["cause"] = Text(1, 300),
                    ["confidence"] = Number(0, 1, "number"),
                },
            },
            ["tasks"] = Tasks(maxTasks, services.Count <= MaxListedServices ? services : null),
            ["clarifying_task"] = Question(),
            ["no_fault"] = new JsonObject { ["type"] = "boolean", ["description"] = "true, with no tasks, when nothing is wrong" },
        },
    });

    private static JsonObject Tasks(int max, IReadOnlyList<string>? services) => new()
    {
        ["type"] = "array",
        ["maxItems"] = max,
        ["items"] = new JsonObject { ["oneOf"] = new JsonArray([.. TaskCatalog.Types.Values.Select(t => (JsonNode)TaskOf(t, services))]) },
    };

    private static JsonObject TaskOf(TaskTypeSpec type, IReadOnlyList<string>? services)
    {
        var target = new JsonObject { ["type"] = "string" };
        if (services is not null)
        {
            target["enum"] = new JsonArray([.. services.Select(s => (JsonNode)s)]);
        }

        var required = new JsonArray("task_id", "type", "target", "assigned_to");
        if (type.Args.Any(a => a.Required))
        {
            required.Add((JsonNode)"args");
        }

        return new JsonObject
        {
            ["title"] = type.Name,
            ["description"] = type.Summary,
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = required,
            ["properties"] = new JsonObject
            {
                ["task_id"] = Text(1, PlanLimits.Default.MaxIdLength),
                ["type"] = new JsonObject { ["const"] = type.Name },
                ["target"] = target,
                ["args"] = Args(type),
                ["dependencies"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
                ["assigned_to"] = new JsonObject { ["const"] = type.Agent },
                ["estimated_cost_ms"] = Number(0, PlanLimits.Default.MaxCostMs, "integer"),
            },
        };
    }

    private static JsonObject Args(TaskTypeSpec type)
    {
        var properties = new JsonObject();
        foreach (var arg in type.Args)
        {
            properties[arg.Name] = ArgOf(arg);
            properties[arg.Name]!["description"] = arg.Summary;
        }

        var args = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (type.Args.Any(a => a.Required))
        {
            args["required"] = new JsonArray([.. type.Args.Where(a => a.Required).Select(a => (JsonNode)a.Name)]);
        }

        return args;
    }

    private static JsonObject ArgOf(ArgSpec arg) => arg.Kind switch
    {
        ArgKind.Text => Text((int)arg.Min, (int)arg.Max),
        ArgKind.Integer => Number(arg.Min, arg.Max, "integer"),
        ArgKind.Number => Number(arg.Min, arg.Max, "number"),
        _ => new JsonObject { ["type"] = "string", ["pattern"] = DurationPattern },
    };

    private static JsonObject Question() => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("task_id", "question"),
        ["properties"] = new JsonObject
        {
            ["task_id"] = Text(1, PlanLimits.Default.MaxIdLength),
            ["question"] = Text(1, PlanLimits.Default.MaxTextLength),
        },
    };

    private static JsonObject Text(int min, int max) => new() { ["type"] = "string", ["minLength"] = min, ["maxLength"] = max };

    private static JsonObject Number(double min, double max, string kind) => new() { ["type"] = kind, ["minimum"] = min, ["maximum"] = max };
}

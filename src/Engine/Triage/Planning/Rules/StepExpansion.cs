using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>A step made concrete for one service: type and arguments, without an id.</summary>
internal sealed record Step(string Type, string Target, IReadOnlyDictionary<string, JsonElement> Args)
{
    public bool SameAs(string type, string target, IReadOnlyDictionary<string, JsonElement> args) =>
        Type == type && Target == target && Args.Count == args.Count
        && Args.All(a => args.TryGetValue(a.Key, out var other) && JsonElement.DeepEquals(a.Value, other));
}

/// <summary>Fills a rule's texts with one service's facts.</summary>
internal static class StepExpansion
{
    /// <summary>Values of one service that one plan puts back.</summary>
    public const int MaxRestored = 8;

    /// <summary>More of the same are not done one by one when the rule has another way.</summary>
    public const int MaxPerStep = 3;

    private const int MaxNamesShown = 3;

    public static IReadOnlyList<Step> Expand(StepTemplate template, Rule rule, ServiceFacts facts)
    {
        var perDrift = template.Args.Values.Any(v => v.ValueKind == JsonValueKind.String && v.GetString()!.Contains("{drift}", StringComparison.Ordinal));
        if (template.Args.Values.Any(v => v.ValueKind == JsonValueKind.String && v.GetString()!.Contains("{config}", StringComparison.Ordinal)))
        {
            return [.. facts.Restorable.Take(MaxRestored).Select(key => Fill(template, facts.Name, "", key))];
        }

        return perDrift
            ? [.. DriftNames(rule, facts).Select(name => Fill(template, facts.Name, name, ""))]
            : [Fill(template, facts.Name, "", "")];
    }

    public static string Cause(Rule rule, ServiceFacts facts)
    {
        return Fill(rule.Cause, facts.Name, Shown(DriftNames(rule, facts)), Shown([.. facts.Config.Select(d => d.Key)]));
    }

    private static string Shown(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MaxNamesShown)) + (names.Count > MaxNamesShown ? $" and {names.Count - MaxNamesShown} more" : "");

    private static IReadOnlyList<string> DriftNames(Rule rule, ServiceFacts facts) =>
        [.. facts.Drift.Where(d => rule.DriftAspects.Contains(d.Aspect)).Select(d => d.Drift.Name.Length > 0 ? d.Drift.Name : d.Aspect).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static Step Fill(StepTemplate template, string service, string drift, string config) => new(
        template.Type,
        service,
        template.Args.ToDictionary(
            a => a.Key,
            a => a.Value.ValueKind == JsonValueKind.String ? QuorateJson.ToElement(Fill(a.Value.GetString()!, service, drift, config)) : a.Value,
            StringComparer.Ordinal));

    private static string Fill(string text, string service, string drift, string config) =>
        text.Replace("{service}", service, StringComparison.Ordinal).Replace("{drift}", drift, StringComparison.Ordinal).Replace("{config}", config, StringComparison.Ordinal);
}

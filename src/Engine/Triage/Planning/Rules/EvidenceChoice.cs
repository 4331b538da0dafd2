using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>What to look at first: the most suspicious services, or, when nothing is suspicious, those that were named, that are not as usual, or that users meet.</summary>
internal static class EvidenceChoice
{
    private const int MaxQuietServices = 2;
    private const int MaxQuery = 200;
    private const string Slow = "check_metrics";
    private static readonly string[] QuietChecks = ["check_health", "check_drift", "check_logs", Slow];

    public static IReadOnlyList<Step> Choose(Diagnosis diagnosis, IReadOnlyList<ServiceFacts> facts, SiteGraph graph, string incidentText, int maxTasks)
    {
        // Readings take most of a second, and would only add to what is proven already.
        var proven = diagnosis.Findings.Where(f => f.Rule.Proof).Select(f => f.Service).ToHashSet(StringComparer.Ordinal);
        bool IsWorthIt(Step step) => step.Type != Slow || !(proven.Contains(step.Target) || graph.Needs(step.Target).Overlaps(proven));
        var suspicious = diagnosis.Findings.SelectMany(f => f.Rule.Evidence.SelectMany(e => StepExpansion.Expand(e, f.Rule, f.Facts)).Where(s => f.Rule.Proof || IsWorthIt(s)));
        var steps = new List<Step>();
        // One place is the runbook's.
        foreach (var step in suspicious.Concat(Quiet(facts, graph, diagnosis.Findings.Count > 0).Where(IsWorthIt)))
        {
            // Two looks of one type at one service tell the same story.
            if (steps.Count < maxTasks - 1 && !steps.Exists(s => s.Type == step.Type && s.Target == step.Target))
            {
                steps.Add(step);
            }
        }

        var about = diagnosis.Findings.Count > 0 ? $"{diagnosis.Findings[0].Rule.Title} {diagnosis.Findings[0].Service}" : incidentText.Trim();
        var query = about.Length == 0 ? "service does not work" : about.Length > MaxQuery ? about[..MaxQuery] : about;
        steps.Add(new Step("search_runbook", steps[0].Target, new Dictionary<string, JsonElement> { ["query"] = QuorateJson.ToElement(query) }));
        return steps;
    }

    private static IEnumerable<Step> Quiet(IReadOnlyList<ServiceFacts> facts, SiteGraph graph, bool suspicious)
    {
        var services = facts.Where(f => !f.Healthy)
            .Concat(suspicious ? [] : facts.Where(f => f.Mentioned))
            .Concat(suspicious ? [] : facts.Where(f => f.Anomalies.Count > 0))
            .Concat(suspicious ? [] : facts.Where(f => !graph.Dependants(f.Name).Any()))
            .Concat(suspicious ? [] : facts)
            .Distinct().Take(MaxQuietServices);
        return services.SelectMany(s => QuietChecks.Select(type => new Step(type, s.Name, new Dictionary<string, JsonElement>())));
    }
}

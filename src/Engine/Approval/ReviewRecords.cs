using System.Globalization;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Rules;

namespace Quorate.Engine.Approval;

/// <summary>Writes review records from what the engine itself observed and recorded; hypotheses and rationales stay out.</summary>
public sealed class ReviewRecords
{
    private const int MaxServices = 200;
    private const int MaxEvidence = 24;
    private const int MaxDetail = 160;
    private const int MaxPast = 64;
    private const double SlowMs = 1000;

    // Its log patterns; which of its rules apply does not matter here.
    private static readonly Lazy<Rulebook> Patterns = new(() => RulebookLoader.Load());

    private readonly PlanningContext _context;
    private readonly SiteGraph _graph;
    private readonly SiteSnapshotIndex _seen;
    private readonly Dictionary<string, ServiceFacts> _facts;

    public ReviewRecords(PlanningContext context)
    {
        _context = context;
        _graph = new SiteGraph(context.Site);
        _seen = new SiteSnapshotIndex(context.Site, context.Snapshot);
        _facts = new FactCollector(context, Patterns.Value, _graph).Collect().ToDictionary(f => f.Name, StringComparer.Ordinal);
    }

    /// <summary>About one action of a plan that is to be carried out.</summary>
    public ReviewRecord For(PlanRun run, PlanTask task, IncidentState state)
    {
        var inverse = _context.Site.Find(task.Target) is { } spec
            ? InverseAction.Of(task, spec, _context.Snapshot.Find(spec.Name), _context.Platform, _context.Snapshot.Configuration)
            : InverseAction.None;
        return Create(run, ApprovalAction.Of(_context.IncidentId, run.Plan.PlanId, run.Plan.PlanVersion, task), task.Args, inverse, Evidence(task), state);
    }

    /// <summary>About taking an effect back.</summary>
    public ReviewRecord ForUndo(PlanRun run, PlanTask task, Undo intent, IncidentState state)
    {
        var deviations = run.Verification is { Passed: false } failed ? failed.Deviations : [];
        return Create(
            run,
            ApprovalAction.OfUndo(_context.IncidentId, run.Plan.PlanId, task, intent),
            ApprovalAction.UndoArgs(intent),
            intent.Inverse,
            [.. deviations.Take(MaxEvidence).Select(d => Item(EvidenceSources.Verification, d))],
            state);
    }

    private ReviewRecord Create(PlanRun run, ApprovalAction action, IReadOnlyDictionary<string, JsonElement> args, InverseAction inverse, IReadOnlyList<EvidenceItem> evidence, IncidentState state) => new()
    {
        Kind = ReviewRecord.Form,
        Action = action,
        Args = args,
        Inverse = new ReviewedInverse(inverse.Kind, inverse.UndoData),
        Plan = [.. run.Actions.Select(t => new PlannedAction(t.TaskId, t.Type, t.Target))],
        Services = Services(run),
        SiteServices = _context.Site.Services.Count,
        Evidence = evidence,
        Past = [.. state.Plans.TakeWhile(p => p != run).SelectMany(Past).TakeLast(MaxPast)],
    };

    private static IEnumerable<PastAction> Past(PlanRun run) => run.Actions
        .Where(t => run[t.TaskId].EffectKey is not null)
        .Select(t => new PastAction(run.Plan.PlanVersion, t.Type, t.Target, ApprovalAction.HashOf(t.Args), run[t.TaskId].Undo?.Result is { Status: Contracts.Plans.TaskStatus.Ok }));

    private IReadOnlyList<ReviewedService> Services(PlanRun run)
    {
        var targets = run.Actions.Select(t => t.Target).ToHashSet(StringComparer.Ordinal);
        var related = targets.Where(_facts.ContainsKey).SelectMany(t => _graph.Dependants(t)).Concat(targets).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. _context.Site.Services.Where(s => related.Contains(s.Name)).Take(MaxServices).Select(s => new ReviewedService(
                s.Name, _facts[s.Name].State, _facts[s.Name].Healthy, IsStateful(s), [.. _graph.Direct(s.Name).Where(related.Contains).Order(StringComparer.Ordinal)])),
        ];
    }

    private static bool IsStateful(ServiceSpec spec) => spec.Volumes.Any(v => !v.ReadOnly) || spec.Process is { Data.Count: > 0 };

    /// <summary>What the task itself names comes first, so that the bound never hides it.</summary>
    private IReadOnlyList<EvidenceItem> Evidence(PlanTask task) => _facts.TryGetValue(task.Target, out var facts)
        ? [.. Measured(facts).Concat(Checked(task.Target)).OrderBy(e => e.Source == EvidenceSources.Config && e.Detail == task.Text("key") ? 0 : 1).Take(MaxEvidence)]
        : [];

    private IEnumerable<EvidenceItem> Measured(ServiceFacts facts)
    {
        if (facts.State is not ("running" or "completed"))
        {
            yield return Item(EvidenceSources.State, facts.State);
        }
        else if (!facts.Healthy)
        {
            yield return Item(EvidenceSources.Probe, _context.Snapshot.Status.Services.FirstOrDefault(s => s.Name == facts.Name)?.Detail ?? "not healthy");
        }

        foreach (var (aspect, drift) in facts.Drift)
        {
            yield return Item(EvidenceSources.Drift + aspect, drift.Name);
        }

        foreach (var difference in facts.Config)
        {
            yield return Item(EvidenceSources.Config, difference.Key);
        }

        foreach (var condition in _context.Snapshot.Configuration?.Now.Find(facts.Name)?.Conditions ?? [])
        {
            yield return Item(EvidenceSources.Condition, $"{condition.Kind}: {condition.Detail}");
        }

        var metrics = _seen.Metrics(facts.Name);
        if (facts.CpuHigh || facts.CpuRaised || facts.CpuLimited)
        {
            yield return Item(EvidenceSources.Cpu, string.Create(CultureInfo.InvariantCulture, $"{metrics?.CpuLoad:0.00} cores"));
        }

        if (facts.MemoryHigh)
        {
            yield return Item(EvidenceSources.Memory, string.Create(CultureInfo.InvariantCulture, $"{metrics?.MemUsage:0} bytes"));
        }

        if (facts.State == "running" && metrics?.LatencyMs >= SlowMs)
        {
            yield return Item(EvidenceSources.Latency, string.Create(CultureInfo.InvariantCulture, $"{metrics.LatencyMs:0} ms"));
        }

        if (facts.Blamed)
        {
            yield return Item(EvidenceSources.Blamed, "an unhealthy dependant's log names it");
        }

        // A line that only says "error" blames nobody.
        if (facts.BlamedFor.Where(p => p != "error").Order(StringComparer.Ordinal).ToList() is { Count: > 0 } blamed)
        {
            yield return Item(EvidenceSources.Blamed, $"the log of one that needs it names it: {string.Join(", ", blamed)}");
        }

        if (facts.SiteProbeFailing)
        {
            yield return Item(EvidenceSources.SiteProbe, "a probe of the site fails here");
        }

        if (facts.OnFailingPath && facts.Logs.Count > 0)
        {
            yield return Item(EvidenceSources.Log, string.Join(", ", facts.Logs.Order(StringComparer.Ordinal)));
        }
    }

    /// <summary>Only probes: with a pattern or threshold of its own a planner could find what it likes.</summary>
    private IEnumerable<EvidenceItem> Checked(string target) =>
        from entry in _context.History
        from task in entry.Plan.Tasks
        where task.Target == target && task.Type == "check_health"
        let finding = entry.Results.GetValueOrDefault(task.TaskId)?.Meta.GetValueOrDefault(ResultKeys.Finding)
        where finding is { ValueKind: JsonValueKind.String }
        select Item(EvidenceSources.Check, finding.Value.GetString()!);

    private static EvidenceItem Item(string source, string detail) => new(source, PlainText.Line(detail, MaxDetail));
}

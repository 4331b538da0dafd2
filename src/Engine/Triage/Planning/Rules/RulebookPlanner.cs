using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Planning.Validation;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>
/// Plans from rules and facts alone: first a plan that looks, then plans that repair, each with the next step of every
/// cause still standing, until nothing is wrong or nothing is left to try. Deterministic but for ids and times.
/// </summary>
public sealed class RulebookPlanner(Rulebook rulebook, PlanLimits limits, TimeProvider time, IIdSource ids) : IPlanner
{
    private const int MaxHypotheses = 10;
    private const int MaxGoalText = 200;

    public string Name => "rulebook";

    public Task<PlanProposal> ProposeAsync(PlanningContext context, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Propose(context));
    }

    private PlanProposal Propose(PlanningContext context)
    {
        var graph = new SiteGraph(context.Site);
        var facts = new FactCollector(context, rulebook, graph).Collect();
        var diagnosis = new Diagnosis(rulebook, facts, graph, new RepairHistory(context.History));
        if (context.NextVersion > limits.MaxVersions)
        {
            return Answer(ProposalKind.GiveUp, diagnosis.Findings, $"{limits.MaxVersions} plans have been tried, which is the limit.");
        }

        if (context.Site.Services.Count == 0)
        {
            return Answer(ProposalKind.NothingWrong, [], "The site declares no services.");
        }

        if (context.History.Count == 0)
        {
            var looks = EvidenceChoice.Choose(diagnosis, facts, graph, context.IncidentText, limits.TasksFor(context.NextVersion));
            return Checked(context, diagnosis.Findings, PlanWriter.Evidence(looks), "Find the cause of: " + OneLine(context.IncidentText), "Look before acting: " + Summary(diagnosis.Findings));
        }

        var chosen = diagnosis.Select();
        if (chosen.Count > 0)
        {
            var causes = string.Join("; ", chosen.Select(f => f.ToHypothesis().Cause).Distinct(StringComparer.Ordinal));
            var tasks = PlanWriter.Repair(chosen, graph, limits.TasksFor(context.NextVersion));
            return Checked(context, [.. chosen, .. diagnosis.Findings.Except(chosen)], tasks, OneLine("Repair: " + causes), causes + ".");
        }

        return Ended(context, diagnosis, facts);
    }

    private static PlanProposal Ended(PlanningContext context, Diagnosis diagnosis, IReadOnlyList<ServiceFacts> facts)
    {
        if (diagnosis.Findings.Count > 0)
        {
            return Answer(ProposalKind.GiveUp, diagnosis.Findings, "Every step known for this has been tried: " + Summary(diagnosis.Findings));
        }

        var sick = facts.Where(f => !f.Healthy).Select(f => f.Name).ToList();
        if (sick.Count > 0 || context.Snapshot.Status.Failures.Count > 0)
        {
            var what = sick.Count > 0 ? string.Join(", ", sick) : context.Snapshot.Status.Failures[0];
            return Answer(ProposalKind.GiveUp, [], $"No rule explains what is wrong with: {what}.");
        }

        var drifts = facts.Sum(f => f.Drift.Count);
        return Answer(ProposalKind.NothingWrong, [], drifts == 0
            ? "Every service is healthy and runs as declared."
            : $"Every service is healthy; {drifts} differences from the Compose file have nothing to do with the incident.");
    }

    /// <summary>The plan, after the same gate that a model's plans pass: a user's rule may hold arguments that no agent takes.</summary>
    private PlanProposal Checked(PlanningContext context, IReadOnlyList<Finding> findings, IReadOnlyList<PlanTask> tasks, string goal, string rationale)
    {
        var plan = new Plan
        {
            PlanId = ids.Next("plan"),
            RootGoal = goal,
            CreatedAt = time.GetUtcNow(),
            PlanVersion = context.NextVersion,
            Tasks = tasks,
        };
        var reasons = PlanValidator.Validate(plan, context.Site, limits);
        return reasons.Count == 0
            ? Answer(ProposalKind.Plan, findings, rationale) with { Plan = plan }
            : Answer(ProposalKind.GiveUp, findings, "The rules made a plan that is not valid: " + reasons[0]) with
            {
                Rejections = [new PlanRejection("rulebook", reasons, QuorateJson.Serialize(plan))],
            };
    }

    private static PlanProposal Answer(ProposalKind kind, IReadOnlyList<Finding> findings, string rationale) => new()
    {
        Kind = kind,
        Hypotheses = [.. findings.Take(MaxHypotheses).Select(f => f.ToHypothesis())],
        Origin = "rulebook",
        DecisionTag = DecisionTag.Deterministic,
        Rationale = rationale,
    };

    private static string Summary(IReadOnlyList<Finding> findings) =>
        findings.Count == 0 ? "nothing stands out." : string.Join("; ", findings.Take(3).Select(f => f.ToHypothesis().Cause)) + ".";

    private static string OneLine(string text)
    {
        var cut = text.Length > MaxGoalText ? text[..MaxGoalText] : text;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)).Trim() is { Length: > 0 } line ? line : "an incident";
    }
}

using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Planning;

namespace Quorate.Harness.Runs;

/// <summary>The planners that a run can be made with.</summary>
public static class Arms
{
    public const string Rulebook = "rulebook";
    public const string Llm = "llm";

    /// <summary>The model, with the rulebook behind it.</summary>
    public const string Auto = "auto";

    /// <summary>Told what was broken: the best that any planner can come to.</summary>
    public const string Ceiling = "ceiling";

    /// <summary>Does nothing: what it repairs was no fault.</summary>
    public const string Nothing = "nothing";

    public static IReadOnlyList<string> All { get; } = [Rulebook, Llm, Auto, Ceiling, Nothing];
}

/// <summary>Gives up at once.</summary>
public sealed class NothingPlanner : IPlanner
{
    public string Name => Arms.Nothing;

    public Task<PlanProposal> ProposeAsync(PlanningContext context, CancellationToken cancellationToken) => Task.FromResult(new PlanProposal
    {
        Kind = ProposalKind.GiveUp,
        Origin = Name,
        DecisionTag = DecisionTag.Deterministic,
        Rationale = "This arm does nothing, whatever is wrong.",
    });
}

/// <summary>Proposes the known remedies once, one after the other, and then says whether the site is healthy.</summary>
public sealed class CeilingPlanner(IReadOnlyList<PlanTask> remedies, TimeProvider time, IIdSource ids) : IPlanner
{
    public string Name => Arms.Ceiling;

    public Task<PlanProposal> ProposeAsync(PlanningContext context, CancellationToken cancellationToken)
    {
        var first = context.NextVersion == 1 && remedies.Count > 0;
        return Task.FromResult(new PlanProposal
        {
            Kind = first ? ProposalKind.Plan : context.Snapshot.Status.Healthy ? ProposalKind.NothingWrong : ProposalKind.GiveUp,
            Plan = first
                ? new Plan { PlanId = ids.Next("plan"), RootGoal = "Repair what was broken.", CreatedAt = time.GetUtcNow(), PlanVersion = context.NextVersion, Tasks = remedies }
                : null,
            Origin = Name,
            DecisionTag = DecisionTag.Deterministic,
            Rationale = first ? "The remedies that the faults name themselves." : "The remedies have been carried out.",
            Hypotheses = [.. remedies.Take(1).Select(r => new Hypothesis(Name, r.Target, "What was broken is known.", 1))],
        });
    }
}

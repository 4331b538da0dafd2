using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Planning;

namespace Quorate.Engine.Triage;

/// <summary>Proposes a plan written by hand, once; after it, only says whether the site is healthy.</summary>
public sealed class HandPlanner(Plan plan) : IPlanner
{
    public string Name => "hand";

    public Task<PlanProposal> ProposeAsync(PlanningContext context, CancellationToken cancellationToken)
    {
        var first = context.History.Count == 0;
        return Task.FromResult(new PlanProposal
        {
            Kind = first ? ProposalKind.Plan : context.Snapshot.Status.Healthy ? ProposalKind.NothingWrong : ProposalKind.GiveUp,
            Plan = first ? plan with { PlanVersion = context.NextVersion } : null,
            Origin = Name,
            DecisionTag = DecisionTag.Deterministic,
            Rationale = first ? "A plan by hand." : "The plan by hand has been carried out.",
        });
    }
}

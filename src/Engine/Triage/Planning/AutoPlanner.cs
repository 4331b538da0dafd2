namespace Quorate.Engine.Triage.Planning;

/// <summary>
/// The model first; when it fails or is refused, the rulebook for the rest of that incident, and the proposal says why.
/// A model that stalls costs an incident its deadline once, not with every plan.
/// </summary>
public sealed class AutoPlanner(IPlanner model, IPlanner rulebook) : IPlanner
{
    private volatile string? _leftToRulebook;

    public string Name => "auto";

    public async Task<PlanProposal> ProposeAsync(PlanningContext context, CancellationToken cancellationToken)
    {
        if (_leftToRulebook == context.IncidentId)
        {
            return await rulebook.ProposeAsync(context, cancellationToken);
        }

        var proposal = await model.ProposeAsync(context, cancellationToken);
        if (proposal.Kind != ProposalKind.GiveUp)
        {
            return proposal;
        }

        _leftToRulebook = context.IncidentId;
        var fallback = await rulebook.ProposeAsync(context, cancellationToken);
        return fallback with { Rejections = [.. proposal.Rejections, .. fallback.Rejections] };
    }
}

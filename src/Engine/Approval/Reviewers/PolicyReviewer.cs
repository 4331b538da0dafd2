namespace Quorate.Engine.Approval.Reviewers;

/// <summary>Is the action allowed here at all, and is the plan of a size that one can answer for?</summary>
public sealed class PolicyReviewer(ApprovalPolicy policy) : IReviewer
{
    private const int MaxActions = 12;

    public string Name => "policy";

    public ReviewOpinion Review(ReviewRecord record)
    {
        if (HouseRules.FindViolation(record, policy) is { } violation)
        {
            return ReviewOpinion.Refuse(violation);
        }

        if (record.Plan.Count > MaxActions)
        {
            return ReviewOpinion.Refuse($"the plan changes {record.Plan.Count} things at once; {MaxActions} are allowed");
        }

        // Each value that differs is put back by an action of its own.
        return record.Plan.Where(p => p.Type != "restore_config").GroupBy(p => (p.Type, p.Target)).FirstOrDefault(g => g.Count() > 2) is { } often
            ? ReviewOpinion.Refuse($"the plan repeats {often.Key.Type} of {often.Key.Target} {often.Count()} times")
            : ReviewOpinion.Approve($"{record.Action.Type} of {record.Action.Target} is allowed");
    }
}

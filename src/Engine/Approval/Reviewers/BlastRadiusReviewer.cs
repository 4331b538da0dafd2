namespace Quorate.Engine.Approval.Reviewers;

/// <summary>How many healthy services does the plan interrupt, counting everything that needs its targets?</summary>
public sealed class BlastRadiusReviewer(ApprovalPolicy policy) : IReviewer
{
    public string Name => "blast-radius";

    public ReviewOpinion Review(ReviewRecord record)
    {
        if (HouseRules.FindViolation(record, policy) is { } violation)
        {
            return ReviewOpinion.Refuse(violation);
        }

        var (type, target) = (record.Action.Type, record.Find(record.Action.Target)!);
        if (type == ApprovalAction.Undo)
        {
            return Needs.HasFailedVerification(record)
                ? ReviewOpinion.Approve("the site does not hold as it is; this puts back what was there")
                : ReviewOpinion.Refuse($"the change to {target.Name} was never found wanting");
        }

        if (!Needs.Interrupts(type))
        {
            return ReviewOpinion.Approve($"{type} interrupts nothing");
        }

        if (target.Healthy && !Needs.HasNeed(record))
        {
            return ReviewOpinion.Refuse($"{target.Name} is healthy{(target.Stateful ? ", keeps data" : "")}, and nothing observed needs it interrupted");
        }

        var down = Interrupted(record);
        var limit = policy.MaxServicesDown ?? (record.SiteServices + 1) / 2;
        return down.Count > limit
            ? ReviewOpinion.Refuse($"the plan interrupts {down.Count} healthy services ({string.Join(", ", down.Take(8))}); {limit} are allowed")
            : ReviewOpinion.Approve(down.Count == 0 ? "no healthy service is interrupted" : $"{down.Count} of {record.SiteServices} services are interrupted: {string.Join(", ", down.Take(8))}");
    }

    /// <summary>By the whole plan: actions that are small one by one may not be so together.</summary>
    private static List<string> Interrupted(ReviewRecord record) =>
    [
        .. record.Plan.Where(p => Needs.Interrupts(p.Type)).Select(p => p.Target).Distinct(StringComparer.Ordinal)
            // What needs a target that is down already has nothing more to lose.
            .Where(t => record.Find(t) is { Healthy: true })
            .SelectMany(record.WithDependants).Where(s => s.Healthy).Select(s => s.Name).Distinct(StringComparer.Ordinal),
    ];
}

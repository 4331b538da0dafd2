using Quorate.Engine.Triage.Agents;

namespace Quorate.Engine.Approval.Reviewers;

/// <summary>Can the action be taken back, or is there nothing to lose by it?</summary>
public sealed class InverseReviewer(ApprovalPolicy policy) : IReviewer
{
    public string Name => "inverse";

    public ReviewOpinion Review(ReviewRecord record)
    {
        if (HouseRules.FindViolation(record, policy) is { } violation)
        {
            return ReviewOpinion.Refuse(violation);
        }

        var (type, target) = (record.Action.Type, record.Find(record.Action.Target)!);
        if (type == ApprovalAction.Undo)
        {
            return record.Inverse.IsKnown && Needs.HasFailedVerification(record)
                ? ReviewOpinion.Approve($"this is the recorded inverse ({Word(record)})")
                : ReviewOpinion.Refuse("no inverse was recorded, or nothing asks for it");
        }

        if (type == "exec")
        {
            return ReviewOpinion.Refuse("nobody knows how to take a command back");
        }

        if (record.Inverse.IsKnown)
        {
            return ReviewOpinion.Approve($"it can be taken back ({Word(record)})");
        }

        if (!Needs.Interrupts(type))
        {
            return ReviewOpinion.Approve($"{type} changes nothing that works");
        }

        return !target.Healthy || Needs.HasNeed(record)
            ? ReviewOpinion.Approve($"{target.Name} does not work as it should, and its data stays: there is nothing to lose")
            : ReviewOpinion.Refuse($"what {target.Name} holds in memory is lost, it works, and {type} has no inverse here");
    }

    private static string Word(ReviewRecord record) =>
        record.Inverse.Kind == InverseKind.None ? "data folders as before" : record.Inverse.Kind.ToString().ToLowerInvariant();
}

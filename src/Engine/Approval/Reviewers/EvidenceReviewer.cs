using Quorate.Contracts.Sites;

namespace Quorate.Engine.Approval.Reviewers;

/// <summary>Did code see something at the target that this action repairs? What a model says of it does not count.</summary>
public sealed class EvidenceReviewer(ApprovalPolicy policy) : IReviewer
{
    public string Name => "evidence";

    public ReviewOpinion Review(ReviewRecord record)
    {
        if (HouseRules.FindViolation(record, policy) is { } violation)
        {
            return ReviewOpinion.Refuse(violation);
        }

        var found = record.Evidence.FirstOrDefault(e => Supports(record, e));
        return found is null
            ? ReviewOpinion.Refuse($"nothing that was observed at {record.Action.Target} calls for {record.Action.Type}")
            : ReviewOpinion.Approve($"{found.Source}: {found.Detail}");
    }

    private static bool Supports(ReviewRecord record, EvidenceItem item) => record.Action.Type switch
    {
        ApprovalAction.Undo => item.Source == EvidenceSources.Verification,
        "start" => item.Source == EvidenceSources.State,
        "unpause" => item is { Source: EvidenceSources.State, Detail: "paused" },
        "scale" => item.Source == EvidenceSources.Drift + "replicas",
        "set_env" => item.Source == EvidenceSources.Drift + "environment"
            && record.Args.TryGetValue("name", out var name) && name.ValueKind == System.Text.Json.JsonValueKind.String && name.GetString() == item.Detail,
        "restore_config" => item.Source == EvidenceSources.Config
            && record.Args.TryGetValue("key", out var key) && key.ValueKind == System.Text.Json.JsonValueKind.String && key.GetString() == item.Detail,
        "end_sessions" => item.Source == EvidenceSources.Condition
            && (item.Detail.StartsWith(ConditionKinds.SessionsBlocked, StringComparison.Ordinal) || item.Detail.StartsWith(ConditionKinds.SlotsUsedUp, StringComparison.Ordinal)),
        // Recreating as declared repairs drift of any aspect.
        "reconcile" => Needs.IsNeed(item),
        _ => Needs.IsNeed(item) && (!item.Source.StartsWith(EvidenceSources.Drift, StringComparison.Ordinal) || item.Source == EvidenceSources.Drift + "data"),
    };
}

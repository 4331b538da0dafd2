using Quorate.Contracts.Plans;
using Quorate.Engine.Approval.Reviewers;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Approval;

/// <summary>
/// What the panel may decide: a question must be a well-formed record, and the outcome follows from the opinions alone.
/// An action is approved when a quorum of reviewers approves; refused when so many refuse that no quorum can; while
/// neither holds, more opinions are waited for. So no choice among the opinions that are in changes the outcome.
/// </summary>
public sealed class ApprovalRules(Membership membership) : IProposalValidator
{
    private const int MaxName = 256;
    private const int MaxActions = 64;

    public static ReadOnlySpan<byte> Approved => "{\"decision\":\"approved\"}"u8;

    public static ReadOnlySpan<byte> Refused => "{\"decision\":\"refused\"}"u8;

    public string? Check(Item item) => item.Request.Type switch
    {
        RequestKind.Exclusion => null,
        RequestKind.Question => ReviewRecord.TryParse(item.Request.Payload) is { } record ? Check(record) : "the question is no review record",
        _ => "the panel decides questions only",
    };

    /// <summary>Null for a record that may be asked about, otherwise what is wrong with its form.</summary>
    public static string? Check(ReviewRecord record)
    {
        var action = record.Action;
        if (record.Kind != ReviewRecord.Form)
        {
            return $"the record's kind is not {ReviewRecord.Form}";
        }

        string?[] names = [action.IncidentId, action.PlanId, action.TaskId, action.Type, action.Target];
        if (names.Any(n => string.IsNullOrEmpty(n) || n.Length > MaxName) || action.PlanVersion < 1)
        {
            return "a name in the action is missing or too long";
        }

        if (action.Type != ApprovalAction.Undo && !TaskCatalog.ChangesWorld(action.Type))
        {
            return $"{action.Type} is no action";
        }

        if (action.ArgsHash != ApprovalAction.HashOf(record.Args))
        {
            return "the arguments are not those that the action names";
        }

        return record.Plan.Count is 0 or > MaxActions || (action.Type != ApprovalAction.Undo && !record.Plan.Contains(new PlannedAction(action.TaskId, action.Type, action.Target)))
            ? "the action is not in the plan, or the plan is too large"
            : null;
    }

    public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions) =>
        // What is no opinion is no approval.
        membership.Decide(opinions.Count(o => ReviewOpinion.TryParse(o.Value) is { Approves: true }), opinions.Count) switch
        {
            true => Approved.ToArray(),
            false => Refused.ToArray(),
            null => null,
        };
}

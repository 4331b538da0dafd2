using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Ask.Certificates;

/// <summary>What may be certified: a record whose parts agree, accepted by a quorum of those who took part.</summary>
public sealed class OutcomeRules(Membership membership) : IProposalValidator
{
    public static ReadOnlySpan<byte> Accept => "accept"u8;

    public static ReadOnlySpan<byte> Refuse => "refuse"u8;

    public string? Check(Item item) => item.Request.Type != RequestKind.Question ? "outcomes are questions"
        : OutcomeRecord.TryParse(item.Request.Payload) is { } record ? record.FindProblem() : "it is no outcome record";

    public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions)
    {
        var accepted = opinions.Count(o => o.Value.AsSpan().SequenceEqual(Accept));
        return accepted >= membership.Quorum ? Accept.ToArray()
            : opinions.Count - accepted > membership.Replicas - membership.Quorum ? Refuse.ToArray() : null;
    }
}

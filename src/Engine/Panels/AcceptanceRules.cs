using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Panels;

/// <summary>What may be certified: a record without a fault of its own, accepted by a quorum of those who took part.</summary>
/// <param name="membership">Of the group.</param>
/// <param name="findProblem">Null for bytes that are a right record, otherwise what is wrong; depends on the bytes alone.</param>
public sealed class AcceptanceRules(Membership membership, Func<ReadOnlyMemory<byte>, string?> findProblem) : IProposalValidator
{
    public static ReadOnlySpan<byte> Accept => "accept"u8;

    public static ReadOnlySpan<byte> Refuse => "refuse"u8;

    public string? Check(Item item) => item.Request.Type == RequestKind.Question ? findProblem(item.Request.Payload) : "records are questions";

    public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions) =>
        membership.Decide(opinions.Count(o => o.Value.AsSpan().SequenceEqual(Accept)), opinions.Count) switch
        {
            true => Accept.ToArray(),
            false => Refuse.ToArray(),
            null => null,
        };
}

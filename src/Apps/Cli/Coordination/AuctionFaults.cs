using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Engine.Coordination;
using Quorate.Protocol.Auction;

namespace Quorate.Cli.Coordination;

/// <summary>Agents that break the rules of an auction, to show what comes of it.</summary>
internal static class AuctionFaults
{
    public static IReadOnlyList<string> Lies { get; } = ["winner", "price", "dropped", "changed"];

    /// <summary>A bidder that never opens what it sealed.</summary>
    public static IBidder Withholding(IBidder bidder) => new WithholdingBidder(bidder);

    /// <summary>An auctioneer that tells one of <see cref="Lies"/> in its turn; the others are honest.</summary>
    /// <exception cref="QuorateException">Input: no such lie.</exception>
    public static Func<string, AuctionRecord, AuctionRecord> LyingFirst(string lie)
    {
        if (!Lies.Contains(lie))
        {
            throw QuorateException.Input("lie_unknown", $"--lying-auctioneer is '{PlainText.Line(lie, 60)}'; {string.Join(", ", Lies)} are allowed", $"for example --lying-auctioneer {Lies[0]}");
        }

        string? liar = null;
        return (auctioneer, right) => (liar ??= auctioneer) == auctioneer ? Tell(lie, right) : right;
    }

    public static AuctionRecord Tell(string lie, AuctionRecord right)
    {
        var outcome = right.Outcome;
        return lie switch
        {
            "winner" => right with { Outcome = outcome with { Winner = outcome.RunnerUp, Bid = right.Participants.FirstOrDefault(p => p.Name == outcome.RunnerUp)?.Reveal?.Bid } },
            "price" => right with { Outcome = outcome with { Price = outcome.Price + (right.Task.Requirements.MaxCost / 10) } },
            "dropped" => AuctionRecords.Create(new AuctionNotice(right.AuctionId, right.Task), right.Participants.Select(p => p.Name == outcome.Winner ? p with { Commitments = [], Reveal = null } : p), right.Past),
            _ => AuctionRecords.Create(new AuctionNotice(right.AuctionId, right.Task), right.Participants.Select(p => p.Name == outcome.Winner ? Dearer(p, right.Task.Requirements.MaxCost) : p), right.Past),
        };
    }

    private static AuctionParticipant Dearer(AuctionParticipant agent, double cost) =>
        agent.Reveal is { } reveal ? agent with { Reveal = reveal with { Bid = reveal.Bid with { Cost = cost } } } : agent;

    private sealed class WithholdingBidder(IBidder inner) : IBidder
    {
        public AgentProfile Profile => inner.Profile;

        public Task<IReadOnlyList<SignedCommitment>> CommitAsync(AuctionNotice notice, BidSigner signer, CancellationToken cancellationToken) =>
            inner.CommitAsync(notice, signer, cancellationToken);

        public Task<SignedReveal?> RevealAsync(BidSigner signer, CancellationToken cancellationToken) => Task.FromResult<SignedReveal?>(null);
    }
}

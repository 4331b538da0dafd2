using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Auction;

namespace Quorate.Engine.Coordination;

/// <summary>An agent in one auction. What it answers after the deadline does not count.</summary>
public interface IBidder
{
    AgentProfile Profile { get; }

    /// <summary>Its sealed bid; none when it does not want the task. Two different ones are against the rules.</summary>
    Task<IReadOnlyList<SignedCommitment>> CommitAsync(AuctionNotice notice, BidSigner signer, CancellationToken cancellationToken);

    /// <summary>Opens the sealed bid, once all bids are sealed.</summary>
    Task<SignedReveal?> RevealAsync(BidSigner signer, CancellationToken cancellationToken);
}

/// <summary>A bidder that keeps to the rules. Good for one auction.</summary>
/// <param name="profile">Of the agent.</param>
/// <param name="bid">What it bids for a task; null: nothing.</param>
/// <param name="nonce">32 bytes that nobody can guess; random ones unless given.</param>
public sealed class SealedBidder(AgentProfile profile, Func<AuctionTask, CancellationToken, ValueTask<AgentBid?>> bid, byte[]? nonce = null) : IBidder
{
    private readonly byte[] _nonce = nonce ?? RandomNumberGenerator.GetBytes(AuctionNotice.NonceSize);
    private AgentBid? _bid;

    /// <summary>Bids what its profile says.</summary>
    public SealedBidder(AgentProfile profile)
        : this(profile, (_, _) => ValueTask.FromResult(profile.Bid))
    {
    }

    public AgentProfile Profile => profile;

    /// <exception cref="QuorateException">Input, bid_invalid: the bid is none.</exception>
    public async Task<IReadOnlyList<SignedCommitment>> CommitAsync(AuctionNotice notice, BidSigner signer, CancellationToken cancellationToken)
    {
        _bid = await bid(notice.Task, cancellationToken);
        return _bid is null ? []
            : AuctionRules.FindProblem(_bid) is { } problem ? throw QuorateException.Input("bid_invalid", $"the bid of '{profile.Name}' is wrong: {problem}")
            : [signer.Commit(_bid, _nonce)];
    }

    public Task<SignedReveal?> RevealAsync(BidSigner signer, CancellationToken cancellationToken) =>
        Task.FromResult(_bid is null ? null : signer.Reveal(_bid, _nonce));
}

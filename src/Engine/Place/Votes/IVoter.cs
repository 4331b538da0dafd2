using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;

namespace Quorate.Engine.Place.Votes;

/// <summary>How one agent comes to its ballot.</summary>
public interface IVoter
{
    /// <summary>A ballot on a record, and how its votes came about. Reads the state before it first waits for anything.</summary>
    /// <param name="state">The agent's own, the one that the record names.</param>
    /// <param name="record">What is asked.</param>
    /// <param name="changes">Whether the agent agrees to each change.</param>
    /// <param name="cancellationToken">The panel has decided without it: it votes with what it has.</param>
    ValueTask<CastBallot> VoteAsync(PlacementState state, PlacementRecord record, IReadOnlyList<bool> changes, CancellationToken cancellationToken);
}

/// <summary>A ballot, and its votes for people: one for each of the record's proposals.</summary>
public sealed record CastBallot(Ballot Ballot, IReadOnlyList<AgentVote> Votes);

/// <summary>Votes by the rules.</summary>
/// <param name="agent">Its number in the cluster.</param>
/// <param name="name">Its name.</param>
public sealed class RuleVoter(int agent, string name) : IVoter
{
    public ValueTask<CastBallot> VoteAsync(PlacementState state, PlacementRecord record, IReadOnlyList<bool> changes, CancellationToken cancellationToken)
    {
        var votes = RuleVotes.Of(state, record);
        return ValueTask.FromResult(new CastBallot(
            new Ballot { Votes = votes, Changes = changes, Free = RuleVotes.FreeOf(state, record, agent) },
            [.. votes.Select(v => Describe(name, v))]));
    }

    internal static AgentVote Describe(string agent, BallotVote vote) => new() { Agent = agent, Vote = vote.Vote, Confidence = vote.Confidence, Reasoning = vote.Reasoning, Source = vote.Source };
}

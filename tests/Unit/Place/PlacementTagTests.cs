using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Recording;

namespace Quorate.Tests.Unit.Place;

public class PlacementTagTests
{
    [Theory]
    [InlineData(VoteSource.Rules, DecisionTag.Deterministic)]
    [InlineData(VoteSource.Llm, DecisionTag.LlmDecision)]
    public void Tag_OfARound_FollowsFromWhoVoted(string source, DecisionTag expected)
    {
        Ballot By(string from) => new() { Votes = [new BallotVote(AgentVote.Accept, 1, from, "fits")], Changes = [], Free = new ProposedNeeds(0, 0, 0, 0) };
        Assert.Equal(expected, PlacementJournal.TagOf([By(VoteSource.Rules), By(source)]));
    }
}

using Quorate.Cli.Commands;
using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;

namespace Quorate.Tests.Unit.Cli;

public class PlacementTagTests
{
    [Theory]
    [InlineData(VoteSource.Rules, DecisionTag.Deterministic)]
    [InlineData(VoteSource.Llm, DecisionTag.LlmDecision)]
    public void Tag_OfARound_FollowsFromWhoVoted(string source, DecisionTag expected)
    {
        AgentVote Vote(string from) => new() { Agent = "a", Vote = AgentVote.Accept, Confidence = 1, Reasoning = "fits", Source = from };
        PlacedJob[] round = [new() { Name = "one", Outcome = PlacementOutcome.Placed, Votes = [Vote(VoteSource.Rules)] }, new() { Name = "two", Outcome = PlacementOutcome.Placed, Votes = [Vote(VoteSource.Rules), Vote(source)] }];
        Assert.Equal(expected, PlaceCommand.TagOf(round));
    }
}

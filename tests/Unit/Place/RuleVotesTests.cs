using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Votes;

namespace Quorate.Tests.Unit.Place;

public sealed class RuleVotesTests : IDisposable
{
    private readonly Engine.Panels.MemberContexts _contexts = Records.Contexts();
    private readonly PlacementState _state = new(Records.Cluster, Records.Run);

    public RuleVotesTests() => _state.Apply(1, Records.Decided(_contexts, Records.After(_state, Records.Proposal("j", "a", [0], 8))));

    public void Dispose() => _contexts.Dispose();

    [Fact]
    public void Job_RunsAlready_IsRefused()
    {
        var vote = Assert.Single(RuleVotes.Of(_state, Records.After(_state, Records.Proposal("j", "a", [1], 8))));
        Assert.Equal((AgentVote.Reject, "it runs already"), (vote.Vote, vote.Reasoning));
    }

    [Fact]
    public void Job_ReleasedByTheSameRecord_MayBePlacedAgain()
    {
        var again = Records.After(_state, Records.Proposal("j", "a", [0], 8)) with { Releases = ["j"] };
        Assert.Equal(AgentVote.Accept, Assert.Single(RuleVotes.Of(_state, again)).Vote);

        _state.Apply(2, Records.Decided(_contexts, again));
        Assert.Equal([true], _state.Last.Placed);
    }
}

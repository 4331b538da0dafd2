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

    [Theory]
    [InlineData("d", "auction h", null)]
    [InlineData("c", "auction h", "what chose its pool says d")]
    [InlineData("d", "auction other", "what chose its pool is not known")]
    [InlineData("d", "hierarchy h", "what chose its pool is not known")]
    [InlineData("d", "because", "what chose its pool is not known")]
    [InlineData("d", "backfill", null)]
    [InlineData("d", null, "b fits better")]
    public void Basis_OfAProposal_MustSayWhatTheAgentsCertified(string agent, string? basis, string? problem)
    {
        var choices = new CertifiedChoices();
        choices.Add(new ChoiceRecord(CertifiedChoices.Auction, "run.1", "h", Array.Empty<byte>(), null), [("k", "d"), ("other", "c")]);
        var state = new PlacementState(Records.Cluster, Records.Run) { Choices = choices };
        state.Apply(1, Records.Decided(_contexts, Records.After(state, Records.Proposal("j", "a", [0, 1, 2, 3], 32))));

        var vote = Assert.Single(RuleVotes.Of(state, Records.After(state, Records.Proposal("k", agent, [0]) with { Basis = basis })));
        Assert.Equal(problem, vote.Accepts ? null : vote.Reasoning);
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

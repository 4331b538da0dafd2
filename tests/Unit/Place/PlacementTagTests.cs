using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Recording;
using Quorate.Engine.Place.Votes;
using Quorate.Tests.Unit.Triage.Fakes;

namespace Quorate.Tests.Unit.Place;

public sealed class PlacementTagTests
{
    [Theory]
    [InlineData(VoteSource.Rules, DecisionTag.Deterministic)]
    [InlineData(VoteSource.Llm, DecisionTag.LlmDecision)]
    public async Task Tag_OfARound_FollowsFromWhoVoted(string source, DecisionTag expected)
    {
        Ballot By(string from) => Records.Ballot("accept", "accept") with { Votes = [new BallotVote("accept", 0.5, VoteSource.Rules, "r"), new BallotVote("accept", 0.5, from, "r")] };
        var state = new PlacementState(Records.Cluster, Records.Run);
        var round = new RoundResult
        {
            Record = Records.After(state),
            Decided = [],
            Ballots = new Dictionary<int, Ballot> { [0] = By(VoteSource.Rules), [1] = By(source) },
            Cast = new Dictionary<int, CastBallot>(),
            Findings = [],
            ElapsedMs = 1,
            View = 0,
        };
        var disk = new FakeDisk();
        await new PlacementJournal(new FakeLedger(disk, new FakeProcess(), TimeProvider.System), Records.Run, isReal: false).DecidedAsync(new PlacementCertificate(1, "", [], ""), round.IsByModels, TestContext.Current.CancellationToken);
        Assert.Equal(expected, Assert.Single(disk.Entries).DecisionTag);
    }
}

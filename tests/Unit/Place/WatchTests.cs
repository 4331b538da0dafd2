using Quorate.Contracts.Placing;
using Quorate.Engine.Panels;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;

namespace Quorate.Tests.Unit.Place;

public sealed class WatchTests : IDisposable
{
    private readonly MemberContexts _contexts = Records.Contexts();
    private readonly PlacementState _state = new(Records.Cluster, Records.Run);
    private readonly MembershipWatch _membership = new(Records.Cluster, maxReadmissions: 1);

    public void Dispose() => _contexts.Dispose();

    [Fact]
    public void Agent_SilentForTwoRounds_IsWithdrawnAndRestoredWhenItAnswers()
    {
        Round(silent: 2);
        Assert.True(_membership.IsUnsure(_state));
        Assert.Empty(_membership.Propose(_state));
        Round(silent: 2);
        Assert.Equal([("c", MembershipChanges.Withdraw)], Proposed());
        Decide(silent: 2);
        Round(silent: 2);
        Assert.False(_membership.IsUnsure(_state));
        Assert.Empty(Proposed());
        Round();
        Assert.Equal([("c", MembershipChanges.Restore)], Proposed());
        Decide();
        Assert.Empty(Proposed());
    }

    [Fact]
    public void Liar_Proven_IsQuarantinedAndReadmittedOnceAfterRoundsOfTruth()
    {
        Round(new Finding("b", "corrupted", Proven: false, 1, ""));
        Assert.Empty(Proposed());
        Lie();
        var last = _state.Round;
        Assert.Equal([("b", MembershipChanges.Quarantine)], Proposed());
        Decide();
        while (_state.Round + 1 <= last + 3)
        {
            Assert.Empty(Proposed());
            Round();
        }

        Assert.Equal([("b", MembershipChanges.Readmit)], Proposed());
        Decide();
        Assert.Empty(_state.Quarantined);
        Assert.Empty(Proposed());
        Lie();
        Decide();
        Enumerable.Range(0, 6).ToList().ForEach(_ => Round());
        Assert.Empty(Proposed());
        Assert.Equal(["b"], _state.Quarantined);
    }

    [Fact]
    public void Liar_LiesInTheRoundThatReadmitsIt_IsQuarantinedAgainForGood()
    {
        Lie();
        Decide();
        Enumerable.Range(0, 3).ToList().ForEach(_ => Round());
        Assert.Equal([("b", MembershipChanges.Readmit)], Proposed());
        Decide(found: new Finding("b", "wrong_vote", Proven: true, _state.Round + 1, ""));
        Assert.Empty(_state.Quarantined);

        Assert.Equal([("b", MembershipChanges.Quarantine)], Proposed());
        Decide();
        Enumerable.Range(0, 6).ToList().ForEach(_ => Round());
        Assert.Empty(Proposed());
    }

    [Fact]
    public void Recovery_OfAFault_LastsUntilARoundIsDecidedAndItsJobsAreSettled()
    {
        var watch = new RecoveryWatch();
        InjectedFault[] faults = [new("a", "crash", 1, 3, null), new("b", "slow", 2, 3, null), new("c", "crash", 9, 10, null)];
        watch.Began(faults[..1], 100);
        watch.Began(faults[..1], 110);
        watch.Decided(130);
        watch.Lost("a", ["j", "k"]);
        watch.Began(faults[..2], 200);
        watch.Decided(240);
        watch.Settled("j", 250);
        Assert.Equal((double?[])[null, 40], watch.Report().Select(f => f.RecoveryMs));
        watch.Settled("k", 400);
        watch.Settled("other", 500);
        watch.Began(faults, 600);
        Assert.Equal((double?[])[300, 40, null], watch.Report().Select(f => f.RecoveryMs));
    }

    private void Lie() => Round(new Finding("b", "wrong_vote", Proven: true, _state.Round + 1, ""));

    private List<(string, string)> Proposed() => [.. _membership.Propose(_state).Select(c => (c.Agent, c.Change))];

    /// <summary>All agree to what the watch proposes.</summary>
    private void Decide(int silent = -1, Finding? found = null) => Run(Records.After(_state) with { Changes = _membership.Propose(_state) }, silent, found);

    private void Round(Finding? found = null, int silent = -1) => Run(Records.After(_state), silent, found);

    private void Run(PlacementRecord record, int silent, Finding? found = null)
    {
        _state.Apply((ulong)record.Round, Records.Decided(_contexts, record));
        _membership.Note(
            new RoundResult
            {
                Record = record,
                Decided = [],
                Ballots = Enumerable.Range(0, 4).Where(i => i != silent).ToDictionary(i => i, _ => Records.Ballot()),
                Heard = Enumerable.Range(0, 4).Where(i => i != silent).ToHashSet(),
                Cast = new Dictionary<int, Engine.Place.Votes.CastBallot>(),
                Findings = found is null ? [] : [found],
                ElapsedMs = 1,
                View = 0,
            },
            _state);
    }
}

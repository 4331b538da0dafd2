using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Simulation;

/// <summary>Classic mistakes in home-made agreement protocols, and that none of them is made here.</summary>
public sealed class PitfallTests
{
    [Fact]
    public void Pitfall_TwoFPlusOneOfFive_SharesOnlyTheLiarSoTheQuorumIsFour()
    {
        Assert.Equal(1, LeastShared(replicas: 5, quorum: 3));
        Assert.Equal(3, LeastShared(replicas: 5, quorum: 4));
        Assert.Equal(4, new Membership(5, 1).Quorum);
        // And it is not only arithmetic: with three votes of five, two halves around one liar part ways.
        var options = new SimulationOptions { Membership = new Membership(5, 1), Bug = PlantedBug.QuorumOneTooSmall };
        Assert.NotNull(Runs.FirstViolation(options, 1, 10));
        Assert.Null(Runs.FirstViolation(options with { Bug = PlantedBug.None }, 1, 10));
    }

    [Fact]
    public void Pitfall_ThreeFPlusOne_IsTheTotalAndNotTheHonestCount()
    {
        var four = new TestGroup(4, 1, new SimulatedRandom(1)) { Silent = 0b1000 };
        four.Ask(1);
        Assert.Equal([1UL, 1UL, 1UL], four.Replicas[..3].Select(replica => replica.Executed));
        var error = Assert.Throws<Contracts.QuorateException>(() => new Membership(3, 1));
        Assert.Contains("at least 3f+1 = 4", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pitfall_CentralCoordinator_AnyReplicaMayBeDeadAndTheRestDecide(int dead)
    {
        var result = Run(new FaultPlan { Liars = 1UL << dead, Attacks = Attacks.Silence });
        Assert.Empty(result.Violations);
        Assert.Equal(dead == 0, result.Views > 0);
    }

    [Fact]
    public void Pitfall_NoViewSequenceOrDigestSeparation_ACommitCountsForItsOwnSlotOnly()
    {
        var group = new TestGroup(4, 1, new SimulatedRandom(1));
        var context = group.Context(2);
        var said = new Statement(StatementKind.Commit, 3, 9, new Digest(1, 2, 3, 4));
        var signature = context.Sign(said);
        Assert.True(context.Verify(said, 2, signature));
        Statement[] others =
        [
            said with { View = 4 }, said with { Sequence = 10 }, said with { Digest = new Digest(1, 2, 3, 5) },
            said with { Kind = StatementKind.Prepare }, said with { Subject = new Digest(0, 0, 0, 1) },
        ];
        Assert.All(others, other => Assert.False(context.Verify(other, 2, signature)));
        Assert.False((context with { Directory = new Digest(9, 9, 9, 9) }).Verify(said, 2, signature));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Pitfall_OneSlowAgent_DoesNotHangTheRound(int slow)
    {
        var usual = Run(new FaultPlan());
        var slowed = Run(new FaultPlan { Slow = 1UL << slow });
        Assert.Empty(slowed.Violations);
        // A slow leader costs at most a change of view; a slow follower nothing that clients notice.
        Assert.InRange(slowed.VirtualMicroseconds, usual.VirtualMicroseconds, usual.VirtualMicroseconds + 400_000);
    }

    [Fact]
    public void Pitfall_ExceptionsSkippedInSilence_WhatIsRefusedIsCountedOnItsLink()
    {
        var group = new TestGroup(4, 1, new SimulatedRandom(1));
        var replica = group.Replicas[1];
        replica.Receive(2, new Vote(MessageKind.Commit, 0, 1, default, 3, new byte[8]), 1);
        replica.Receive(2, [1, 2, 3], 1);
        var far = new Statement(StatementKind.Commit, 0, 5000, default);
        replica.Receive(2, new Vote(MessageKind.Commit, 0, 5000, default, 2, group.Context(2).Sign(far)), 1);
        var counters = replica.Counters(2);
        Assert.Equal((1, 1, 1), (counters.InvalidSignature, counters.Malformed, counters.OutOfRange));
    }

    [Fact]
    public void Pitfall_ExceptionsSkippedInSilence_AFailingRuleIsNoVote()
    {
        var group = new TestGroup(4, 1, new SimulatedRandom(1));
        var broken = group.Context(1) with { Validator = new BrokenRules() };
        var replica = new Replica(1, broken, new SimulatedApplication());
        var batch = new Batch([new Item(Request.Sign(group.Context(4).Crypto, broken.Directory, 4, 1, RequestKind.Operation, [1]))]);
        var digest = batch.Digest(broken.Crypto);
        var proposal = new PrePrepare(0, 1, digest, batch, group.Context(0).Sign(new Statement(StatementKind.PrePrepare, 0, 1, digest)));
        Assert.Throws<InvalidDataException>(() => replica.Receive(0, proposal, 1));
        Assert.DoesNotContain(replica.Outputs, output => output.Content is Vote or Evidence);
    }

    [Fact]
    public void Pitfall_EvidenceLost_ItOutlivesTheRoundAndConvincesOthers()
    {
        var group = new TestGroup(4, 1, new SimulatedRandom(1));
        foreach (var value in (byte[])[1, 2])
        {
            var statement = new Statement(StatementKind.Commit, 0, 1, new Digest(value, 0, 0, 0));
            group.Replicas[1].Receive(3, new Vote(MessageKind.Commit, 0, 1, statement.Digest, 3, group.Context(3).Sign(statement)), 1);
        }

        group.Run();
        // Nothing was decided, and the proof is there all the same, for a client who saw nothing of it.
        Assert.Empty(group.Decisions);
        var request = Request.Sign(group.Context(4).Crypto, group.Context(4).Directory, 4, 1, RequestKind.Question, [1]);
        var report = RoundReport.OfFailure(group.Context(1), request, "no quorum", [], group.Proven, [], new OpinionHistory(new Membership(4, 1)));
        Assert.True(Evidence.TryDecode(Assert.Single(report.ProtocolFaults).Evidence.Encode(), out var carried));
        Assert.True(EvidenceVerifier.Verify(group.Context(4), carried));
        Assert.Equal(3, carried.Accused);
    }

    [Fact]
    public void Pitfall_FreeTextComparedAsItCame_SpellingsOfOneAnswerAgree()
    {
        var group = new TestGroup(4, 1, new SimulatedRandom(1));
        string[] answers = ["Restart the API.", "restart  the api", "\"RESTART\nthe api\"", "Restart the database"];
        Assert.Equal(4, answers.Distinct().Count());
        Opinion[] opinions = [.. answers.Select((text, i) => Opinion.Sign(group.Context(i).Crypto, group.Context(i).Directory, default, i, OpinionText.Canonical(text)))];
        Assert.Equal(2, opinions.Select(o => Convert.ToHexString(o.Value)).Distinct().Count());
        var probabilities = new OpinionHistory(new Membership(4, 1)).FaultProbabilities(opinions);
        Assert.All(probabilities.Take(3), p => Assert.InRange(p, 0, 0.05));
        Assert.InRange(probabilities[3], 0.95, 1);
    }

    /// <summary>The smallest overlap of any two sets of <paramref name="quorum"/> out of <paramref name="replicas"/>, by trying all.</summary>
    private static int LeastShared(int replicas, int quorum)
    {
        var sets = Enumerable.Range(0, 1 << replicas).Where(set => int.PopCount(set) == quorum).ToList();
        return sets.Min(a => sets.Min(b => int.PopCount(a & b)));
    }

    private static SimulationResult Run(FaultPlan plan) => ConsensusSimulation.Run(11, new SimulationOptions { Plan = plan, Clients = 2, Requests = 3 });

    private sealed class BrokenRules : IProposalValidator
    {
        public string? Check(Item item) => throw new InvalidDataException("the rule itself is broken");

        public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions) => null;
    }
}

using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Simulation;

/// <summary>Single replicas and small groups, message by message.</summary>
public sealed class ReplicaTests
{
    private readonly TestGroup group = new(4, 1, new SimulatedRandom(3));

    [Fact]
    public void Group_OneReplicaSilent_StillDecides()
    {
        group.Silent = 0b1000;
        group.Ask(1);
        Assert.Equal([1UL, 1UL, 1UL], group.Replicas[..3].Select(replica => replica.Executed));
    }

    [Fact]
    public void Group_TwoOfFiveSilent_DoesNotDecide()
    {
        var five = new TestGroup(5, 1, new SimulatedRandom(3)) { Silent = 0b11000 };
        five.Ask(1);
        Assert.All(five.Replicas, replica => Assert.Equal(0UL, replica.Executed));
    }

    [Fact]
    public void Request_SentTwice_IsAppliedOnce()
    {
        group.Ask(1);
        group.Ask(1);
        group.Ask(2);
        Assert.Equal(2, group.Decisions.Count(d => d.Replica == 0 && d.Decision.Applied.Contains(true)));
    }

    [Fact]
    public void Question_OpinionsDiffer_TheTallyIsDecidedWithItsOpinions()
    {
        group.Ask(1, RequestKind.Question);
        var item = group.Decisions[0].Decision.Proof.Batch.Items[0];
        Assert.True(item.Opinions.Count >= 3);
        Assert.Equal([7], item.Outcome);
    }

    [Fact]
    public void PrePrepare_TwoForOneSlot_ProvesEquivocation()
    {
        var victim = group.Replicas[1];
        victim.Receive(0, Proposal(0, 1, Batch.Empty), 1);
        victim.Receive(0, Proposal(0, 1, BatchOf(1)), 1);
        group.Run();
        var evidence = Assert.Single(group.Proven);
        Assert.Equal((FaultKind.Equivocation, 0), (evidence.Kind, evidence.Accused));
        Assert.True(EvidenceVerifier.Verify(group.Context(3), evidence));
    }

    [Fact]
    public void PrePrepare_ForbiddenContent_IsProvenAndNotPrepared()
    {
        group.Replicas[1].Receive(0, Proposal(0, 1, BatchOf(0xFF)), 1);
        group.Run();
        Assert.Equal(FaultKind.InvalidProposal, Assert.Single(group.Proven).Kind);
        Assert.DoesNotContain(group.Sent, message => message.Kind == MessageKind.Prepare);
    }

    [Fact]
    public void Vote_BadSignature_IsCountedOnTheLinkAndConvictsNobody()
    {
        group.Replicas[1].Receive(2, new Vote(MessageKind.Commit, 0, 1, default, 3, new byte[8]), 1);
        group.Run();
        Assert.Equal(1, group.Replicas[1].Counters(2).InvalidSignature);
        Assert.Equal(0, group.Replicas[1].Counters(3).InvalidSignature);
        Assert.Empty(group.Proven);
    }

    [Fact]
    public void Bytes_ThatAreNoMessage_AreCounted()
    {
        group.Replicas[1].Receive(2, [99, 1, 2], 1);
        Assert.Equal(1, group.Replicas[1].Counters(2).Malformed);
    }

    [Fact]
    public void Exclusion_WithEvidence_SilencesTheConvicted()
    {
        group.Replicas[1].Receive(3, Vote(3, 5, default), 1);
        group.Replicas[1].Receive(3, Vote(3, 5, new Digest(1, 0, 0, 0)), 1);
        group.Run();
        group.Ask(1, RequestKind.Exclusion, Assert.Single(group.Proven).Encode());
        Assert.All(group.Replicas, replica => Assert.True(replica.IsExcluded(3)));
        Assert.False(group.Replicas[0].IsExcluded(2));
    }

    [Fact]
    public void Exclusion_WithoutEvidence_IsNotDecided()
    {
        group.Ask(1, RequestKind.Exclusion, [1, 2, 3]);
        Assert.Empty(group.Decisions);
    }

    [Fact]
    public void Replica_RestartedFromItsRecords_IsWhereItWas()
    {
        for (ulong i = 1; i <= 6; i++)
        {
            group.Ask(i);
        }

        var before = group.Replicas[2];
        var application = new SimulatedApplication();
        var after = new Replica(2, group.Context(2), application, before.DurableRecords());
        Assert.Equal((before.View, before.Executed, before.Stable), (after.View, after.Executed, after.Stable));
        Assert.Equal(6UL, after.Executed);
        Assert.Equal(4UL, after.Stable);
    }

    [Fact]
    public void Replica_RestartedAfterAVote_DoesNotVoteOtherwise()
    {
        var first = group.Replicas[1];
        first.Receive(0, Proposal(0, 1, BatchOf(1)), 1);
        var records = first.Outputs.Where(output => output.Kind == OutputKind.Persist).Select(output => (DurableRecord)output.Content).ToList();
        var again = new Replica(1, group.Context(1), new SimulatedApplication(), records);
        again.Receive(0, Proposal(0, 1, BatchOf(2)), 1);
        Assert.DoesNotContain(again.Outputs, output => output.Content is Vote);
        Assert.Contains(again.Outputs, output => output.Kind == OutputKind.FaultProven);
    }

    [Fact]
    public void Outputs_Vote_ComesAfterItsDurableRecord()
    {
        group.Replicas[1].Receive(0, Proposal(0, 1, BatchOf(1)), 1);
        var kinds = group.Replicas[1].Outputs.Select(output => output.Kind).ToList();
        Assert.Equal([OutputKind.Persist, OutputKind.Broadcast], kinds);
    }

    private PrePrepare Proposal(ulong view, ulong sequence, Batch batch)
    {
        var context = group.Context(0);
        var digest = batch.Digest(context.Crypto);
        return new PrePrepare(view, sequence, digest, batch, context.Sign(new Statement(StatementKind.PrePrepare, view, sequence, digest)));
    }

    private Batch BatchOf(byte payload)
    {
        var client = group.Context(4);
        return new Batch([new Item(Request.Sign(client.Crypto, client.Directory, 4, 1, RequestKind.Operation, [payload]))]);
    }

    private Vote Vote(int replica, ulong sequence, Digest digest) => new(
        MessageKind.Commit, 0, sequence, digest, replica,
        group.Context(replica).Sign(new Statement(StatementKind.Commit, 0, sequence, digest)));
}

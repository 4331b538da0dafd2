using System.Security.Cryptography;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Tests.Unit.Consensus;

public sealed class RoundReportTests : IDisposable
{
    private readonly ECDsa[] keys = [.. Enumerable.Range(0, 5).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
    private readonly ConsensusContext[] contexts;
    private readonly OpinionHistory history = new(new Membership(4, 1));
    private readonly Request question;

    public RoundReportTests()
    {
        var directory = KeyDirectory.Create("panel", 1, [.. keys[..4].Select(P256Crypto.PublicKey)], [P256Crypto.PublicKey(keys[4])]);
        contexts = [.. keys.Select((key, i) => new ConsensusContext(directory.Membership, directory.Hash, new P256Crypto(directory, i, key), new AnyContent(), new ConsensusOptions()))];
        question = Request.Sign(contexts[4].Crypto, contexts[4].Directory, 4, 1, RequestKind.Question, [1]);
    }

    [Fact]
    public void Decided_OneDissents_LowersConfidenceAndIsNoProtocolFault()
    {
        var report = Decided([1, 1, 1, 2]);
        Assert.True(report.IsDecided);
        Assert.Equal([1], report.Decision);
        Assert.Equal([0, 1, 2, 3], report.Participants);
        Assert.Equal(0.75, report.Confidence);
        Assert.Empty(report.ProtocolFaults);
        Assert.Equal([false, false, false, true], report.ContentFaults.Select(f => f.Differs));
        Assert.InRange(report.ContentFaults[3].Probability, 0.9, 1);
        Assert.All(report.ContentFaults.Take(3), f => Assert.InRange(f.Probability, 0, 0.1));
    }

    [Fact]
    public void Decided_OneSilent_LowersConfidenceAsDissentDoes()
    {
        var report = Decided([1, 1, 1]);
        Assert.Equal(0.75, report.Confidence);
        Assert.Equal([0, 1, 2], report.ContentFaults.Select(f => f.Replica));
    }

    [Fact]
    public void Decided_OperationWithoutOpinions_IsConfidentByItsCommits()
    {
        var batch = new Batch([new Item(Request.Sign(contexts[4].Crypto, contexts[4].Directory, 4, 2, RequestKind.Operation, [5]))]);
        var report = RoundReport.OfDecision(contexts[0], new Decided(0, 1, batch, Commits()), 0, [Equivocation(2)], [], history);
        Assert.Equal([5], report.Decision);
        Assert.Equal([0, 1, 2], report.Participants);
        Assert.Equal(0.5, report.Confidence);
        Assert.Empty(report.ContentFaults);
    }

    [Fact]
    public void Faults_ProvenAndProbable_NeverMix()
    {
        // Replica 2 lied about the protocol and gave the right answer; replica 3 did the reverse.
        var report = Decided([1, 1, 1, 2], [Equivocation(2)]);
        Assert.Equal((2, FaultKind.Equivocation), (report.ProtocolFaults[0].Replica, Assert.Single(report.ProtocolFaults).Kind));
        Assert.False(report.ContentFaults[2].Differs);
        Assert.True(report.ContentFaults[3].Differs);
        Assert.Equal(0.5, report.Confidence);
        Assert.True(Evidence.TryDecode(report.ProtocolFaults[0].Evidence.Encode(), out var carried));
        Assert.True(EvidenceVerifier.Verify(contexts[4], carried));
    }

    [Fact]
    public void Faults_EvidenceThatDoesNotVerify_AccusesNobody()
    {
        var forged = Equivocation(2) with { Accused = 1 };
        Assert.Equal([2], Decided([1, 1, 1], [forged, Equivocation(2), Equivocation(2)]).ProtocolFaults.Select(f => f.Replica));
    }

    [Fact]
    public void Links_InvalidSignatures_AreShownAndAccuseNobody()
    {
        var replica = new Replica(0, contexts[0], new NoState());
        replica.Receive(3, new Vote(MessageKind.Commit, 0, 1, default, 2, new byte[64]), 1);
        var links = RoundReport.LinksOf(replica, contexts[0].Membership);
        var report = RoundReport.OfFailure(contexts[0], question, "timeout", [], [], links, history);
        Assert.Equal([(1, 0L), (2, 0L), (3, 1L)], report.Links.Select(l => (l.Replica, l.InvalidSignature)));
        Assert.Empty(report.ProtocolFaults);
        Assert.Empty(report.ContentFaults);
    }

    [Fact]
    public void Failed_Round_KeepsOpinionsEvidenceAndReason()
    {
        Opinion[] said = [Say(1, 7), Say(0, 7), Say(1, 8), new Opinion(question.Digest(contexts[0].Crypto), 2, [7], new byte[64]), Opinion.Sign(contexts[3].Crypto, contexts[3].Directory, default, 3, [7])];
        var report = RoundReport.OfFailure(contexts[4], question, "no quorum within 30 s", said, [Equivocation(1)], [], history);
        Assert.False(report.IsDecided);
        Assert.Equal(("no quorum within 30 s", 0d), (report.Failure, report.Confidence));
        Assert.Null(report.Decision);
        Assert.Equal([0, 1], report.Participants);
        Assert.Equal([1], report.ProtocolFaults.Select(f => f.Replica));
        Assert.Equal([0, 1], report.ContentFaults.Select(f => f.Replica));
        history.Observe(report);
        Assert.Equal(0.1, history.ErrorRate(0));
    }

    [Fact]
    public void History_AfterManyRounds_TellsTheUnreliableFromTheReliable()
    {
        for (var i = 0; i < 30; i++)
        {
            history.Observe(Decided([1, 1, 1, 2]));
        }

        Assert.Equal(1.0 / 40, history.ErrorRate(0), 12);
        Assert.Equal(31.0 / 40, history.ErrorRate(3), 12);
        var split = history.FaultProbabilities([Say(0, 1), Say(3, 2)]);
        Assert.InRange(split[0], 0, 0.05);
        Assert.InRange(split[1], 0.95, 1);
    }

    [Fact]
    public void FaultProbabilities_ByHand_AreWhatBayesGives()
    {
        // Three opinions a, a, b with error 0.1; candidates a, b and one unseen: weights .9·.9·.05, .05·.05·.9, .05·.05·.05.
        var sum = 0.0405 + 0.00225 + 0.000125;
        var found = history.FaultProbabilities([Say(0, 1), Say(1, 1), Say(2, 2)]);
        Assert.Equal(1 - (0.0405 / sum), found[0], 12);
        Assert.Equal(1 - (0.00225 / sum), found[2], 12);
        // One alone: right with 0.9, unseen with 0.1.
        Assert.Equal(0.1, history.FaultProbabilities([Say(0, 1)])[0], 12);
        Assert.Empty(history.FaultProbabilities([]));
    }

    [Fact]
    public void Record_OfARound_NamesAgentsAndCarriesTransferableEvidence()
    {
        var record = RoundRecord.Of(Decided([1, 1, 1, 2], [Equivocation(2)]), number => $"agent{number}");
        Assert.Equal("agent2", record.GetProperty("protocol_faults")[0].GetProperty("agent").GetString());
        Assert.True(Evidence.TryDecode(record.GetProperty("protocol_faults")[0].GetProperty("evidence").GetBytesFromBase64(), out var evidence));
        Assert.True(EvidenceVerifier.Verify(contexts[4], evidence));
        Assert.Equal("agent3", record.GetProperty("content_faults")[3].GetProperty("agent").GetString());
        Assert.Equal(4, record.GetProperty("participants").GetArrayLength());
    }

    public void Dispose()
    {
        foreach (var key in keys)
        {
            key.Dispose();
        }
    }

    private Opinion Say(int author, byte value) => Opinion.Sign(contexts[author].Crypto, contexts[author].Directory, question.Digest(contexts[author].Crypto), author, [value]);

    private RoundReport Decided(byte[] values, IEnumerable<Evidence>? evidence = null)
    {
        var batch = new Batch([new Item(question, [.. values.Select((value, author) => Say(author, value))], [1])]);
        return RoundReport.OfDecision(contexts[0], new Decided(2, 9, batch, Commits()), 0, evidence ?? [], [], history);
    }

    private static SignedBy[] Commits() => [new(0, []), new(1, []), new(2, [])];

    private Evidence Equivocation(int replica)
    {
        SignedStatement Signed(ulong digest)
        {
            var statement = new Statement(StatementKind.Commit, 1, 5, new Digest(digest, 0, 0, 0));
            return new SignedStatement(statement, contexts[replica].Sign(statement));
        }

        return new Evidence(FaultKind.Equivocation, replica, Signed(1), Signed(2), null, null);
    }

    private sealed class NoState : IReplicatedState
    {
        public byte[] Apply(ulong sequence, Item item) => [];

        public byte[] Snapshot() => [];

        public bool Restore(ReadOnlySpan<byte> snapshot) => true;
    }
}

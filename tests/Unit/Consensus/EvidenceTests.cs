using System.Security.Cryptography;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Tests.Unit.Consensus;

public sealed class EvidenceTests : IDisposable
{
    private static readonly Digest One = new(1, 0, 0, 0);
    private static readonly Digest Two = new(2, 0, 0, 0);

    private readonly ECDsa[] keys = [.. Enumerable.Range(0, 5).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
    private readonly ConsensusContext[] contexts;

    public EvidenceTests()
    {
        var directory = KeyDirectory.Create("panel", 1, [.. keys[..4].Select(P256Crypto.PublicKey)], [P256Crypto.PublicKey(keys[4])]);
        contexts = [.. keys.Select((key, i) => new ConsensusContext(directory.Membership, directory.Hash, new P256Crypto(directory, i, key), new AnyContent(), new ConsensusOptions()))];
    }

    [Theory]
    [InlineData(StatementKind.PrePrepare)]
    [InlineData(StatementKind.Prepare)]
    [InlineData(StatementKind.Commit)]
    [InlineData(StatementKind.Checkpoint)]
    [InlineData(StatementKind.ViewChange)]
    [InlineData(StatementKind.NewView)]
    [InlineData(StatementKind.Opinion)]
    public void Equivocation_TwoSignedStatements_ConvictsTheSignerEverywhere(StatementKind kind)
    {
        var evidence = Equivocation(Signed(2, new Statement(kind, 1, 5, One)), Signed(2, new Statement(kind, 1, 5, Two)));
        Assert.True(Evidence.TryDecode(evidence.Encode(), out var carried));
        Assert.True(EvidenceVerifier.Verify(contexts[4], carried));
        Assert.False(EvidenceVerifier.Verify(contexts[4], carried with { Accused = 1 }));
    }

    [Theory]
    [InlineData(1, 5, StatementKind.Commit)]
    [InlineData(2, 5, StatementKind.Prepare)]
    [InlineData(1, 6, StatementKind.Prepare)]
    public void Equivocation_OtherViewSequenceOrKind_ConvictsNobody(ulong view, ulong sequence, StatementKind kind)
    {
        var evidence = Equivocation(Signed(2, new Statement(StatementKind.Prepare, 1, 5, One)), Signed(2, new Statement(kind, view, sequence, Two)));
        Assert.False(EvidenceVerifier.Verify(contexts[0], evidence));
    }

    [Fact]
    public void Equivocation_SameStatementSignedTwice_ConvictsNobody()
    {
        var statement = new Statement(StatementKind.Commit, 1, 5, One);
        Assert.False(EvidenceVerifier.Verify(contexts[0], Equivocation(Signed(2, statement), Signed(2, statement))));
    }

    [Fact]
    public void Equivocation_SignatureForgedByAnother_ConvictsNobody()
    {
        var forged = Signed(3, new Statement(StatementKind.Commit, 1, 5, Two));
        Assert.False(EvidenceVerifier.Verify(contexts[0], Equivocation(Signed(2, new Statement(StatementKind.Commit, 1, 5, One)), forged)));
    }

    [Fact]
    public void Statement_SignedForOneMeaning_IsWorthlessForAnyOther()
    {
        var statement = new Statement(StatementKind.Prepare, 1, 5, One);
        var signature = contexts[2].Sign(statement);
        Assert.True(contexts[0].Verify(statement, 2, signature));
        Assert.False(contexts[0].Verify(statement with { Kind = StatementKind.Commit }, 2, signature));
        Assert.False(contexts[0].Verify(statement with { View = 2 }, 2, signature));
        Assert.False(contexts[0].Verify(statement with { Sequence = 6 }, 2, signature));
        Assert.False(contexts[0].Verify(statement with { Subject = Two }, 2, signature));
        Assert.False(contexts[0].Verify(statement with { Digest = Two }, 2, signature));
        Assert.False(statement.Verify(contexts[0].Crypto, Two, 2, signature));
    }

    [Theory]
    [InlineData(StatementKind.PrePrepare, FaultKind.InvalidProposal)]
    [InlineData(StatementKind.Prepare, FaultKind.InvalidVote)]
    [InlineData(StatementKind.Commit, FaultKind.InvalidVote)]
    public void ForbiddenBatch_ProposedOrVotedFor_ConvictsTheSigner(StatementKind kind, FaultKind fault)
    {
        var signed = Signed(1, new Statement(kind, 0, 1, BatchOf(0xFF).Digest(contexts[0].Crypto)));
        Assert.True(EvidenceVerifier.Verify(contexts[0], new Evidence(fault, 1, signed, null, BatchOf(0xFF), null)));
        var fine = Signed(1, new Statement(kind, 0, 1, BatchOf(1).Digest(contexts[0].Crypto)));
        Assert.False(EvidenceVerifier.Verify(contexts[0], new Evidence(fault, 1, fine, null, BatchOf(1), null)));
        Assert.False(EvidenceVerifier.Verify(contexts[0], new Evidence(fault, 1, fine, null, BatchOf(0xFF), null)));
    }

    [Fact]
    public void ViewChange_WithForgedProof_ConvictsItsSigner()
    {
        var forged = new PreparedProof(0, 1, One, new byte[64], [new SignedBy(1, new byte[64]), new SignedBy(2, new byte[64])]);
        var lie = Change(3, 1, [forged]);
        Assert.True(EvidenceVerifier.Verify(contexts[0], new Evidence(FaultKind.InvalidViewChange, 3, null, null, null, lie)));
        Assert.False(EvidenceVerifier.Verify(contexts[0], new Evidence(FaultKind.InvalidViewChange, 3, null, null, null, Change(3, 1, []))));
    }

    [Fact]
    public void ViewChange_HidingACommit_ConvictsItsSigner()
    {
        var commit = Signed(3, new Statement(StatementKind.Commit, 0, 4, One));
        Assert.True(EvidenceVerifier.Verify(contexts[0], new Evidence(FaultKind.HiddenCommit, 3, commit, null, null, Change(3, 1, []))));
        var later = Signed(3, new Statement(StatementKind.Commit, 1, 4, One));
        Assert.False(EvidenceVerifier.Verify(contexts[0], new Evidence(FaultKind.HiddenCommit, 3, later, null, null, Change(3, 1, []))));
    }

    [Fact]
    public void Evidence_AnyByteFlipped_ConvictsNobodyElse()
    {
        var good = Equivocation(Signed(2, new Statement(StatementKind.Commit, 1, 5, One)), Signed(2, new Statement(StatementKind.Commit, 1, 5, Two))).Encode();
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= 0x01;
            Assert.False(Evidence.TryDecode(bad, out var evidence) && EvidenceVerifier.Verify(contexts[0], evidence), $"byte {i}");
        }
    }

    [Fact]
    public void OpinionText_SameAnswerWrittenDifferently_IsOneOpinion()
    {
        Assert.Equal(OpinionText.Canonical("Restart the API"), OpinionText.Canonical("  \"restart\n the  api.\" "));
        Assert.NotEqual(OpinionText.Canonical("restart the api"), OpinionText.Canonical("restart the db"));
    }

    public void Dispose()
    {
        foreach (var key in keys)
        {
            key.Dispose();
        }
    }

    private static Evidence Equivocation(SignedStatement first, SignedStatement second) =>
        new(FaultKind.Equivocation, 2, first, second, null, null);

    private SignedStatement Signed(int signer, Statement statement) => new(statement, contexts[signer].Sign(statement));

    private Batch BatchOf(byte payload) => new([new Item(new Request(4, 1, RequestKind.Operation, [payload], Sign(payload)))]);

    private readonly Dictionary<byte, byte[]> signatures = [];

    // ECDSA signatures differ each time; the batch must not.
    private byte[] Sign(byte payload) => signatures.TryGetValue(payload, out var known)
        ? known
        : signatures[payload] = Request.Sign(contexts[4].Crypto, contexts[4].Directory, 4, 1, RequestKind.Operation, [payload]).Signature;

    private ViewChange Change(int replica, ulong view, PreparedProof[] prepared)
    {
        var unsigned = new ViewChange(view, replica, CheckpointProof.Genesis, prepared, []);
        return new ViewChange(view, replica, CheckpointProof.Genesis, prepared, contexts[replica].Sign(unsigned.Statement(contexts[replica].Crypto)));
    }
}

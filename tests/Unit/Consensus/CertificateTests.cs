using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Unit.Consensus;

public sealed class CertificateTests : IDisposable
{
    private readonly ECDsa[] keys = [.. Enumerable.Range(0, 5).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
    private readonly KeyDirectory directory;
    private readonly ConsensusContext[] contexts;

    public CertificateTests()
    {
        directory = KeyDirectory.Create("panel", 1, [.. keys[..4].Select(P256Crypto.PublicKey)], [P256Crypto.PublicKey(keys[4])]);
        contexts = [.. keys.Select((key, i) => new ConsensusContext(directory.Membership, directory.Hash, new P256Crypto(directory, i, key), new AnyContent(), new ConsensusOptions()))];
    }

    [Fact]
    public void Certificate_QuorumOfCommits_VerifiesWithTheDirectoryAlone()
    {
        for (var index = 0; index < 5; index++)
        {
            Assert.True(QuorumCertificate.TryDecode(Make(3, index).Encode(), out var certificate));
            Assert.Null(certificate.Check(KeyDirectory.Decode(directory.Encode())));
            Assert.Equal((ulong)index + 1, certificate.Decided()!.Request.Sequence);
        }
    }

    [Fact]
    public void EmptyBatch_TwoGroupsWithOtherHashes_HasEachOnesDigest()
    {
        using var real = new P256Crypto(directory);
        var simulated = SimulatedGroup.Cryptos(1, 1)[0];

        Assert.Equal(new Batch([]).Digest(simulated), Batch.Empty.Digest(simulated));
        Assert.Equal(new Batch([]).Digest(real), Batch.Empty.Digest(real));
    }

    [Fact]
    public void Certificate_AnyByteFlipped_IsRefused()
    {
        var good = Make(3, 2).Encode();
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= 0x01;
            Assert.False(QuorumCertificate.TryDecode(bad, out var certificate) && certificate.Check(directory) is null, $"byte {i}");
        }
    }

    [Fact]
    public void Text_AnyByteFlippedInAnyBit_IsRefused()
    {
        var good = System.Text.Encoding.ASCII.GetBytes(CertificateText.Write(Make(3, 2)));
        Assert.Null(CertificateText.Read(good, out var read));
        Assert.Null(read!.Check(directory));
        for (var i = 0; i < good.Length * 8; i++)
        {
            var bad = good.ToArray();
            bad[i / 8] ^= (byte)(1 << (i % 8));
            Assert.False(CertificateText.Read(bad, out var other) is null && other!.Check(directory) is null, $"byte {i / 8}, bit {i % 8}");
        }
    }

    [Fact]
    public void Text_CutExtendedOrReformatted_IsRefused()
    {
        var good = CertificateText.Write(Make(3, 0));
        for (var length = 0; length < good.Length; length++)
        {
            Assert.NotNull(Read(good[..length]));
        }

        var inside = good.IndexOf('\n', StringComparison.Ordinal) + 5;
        string[] wrong = [good + "\n", "\n" + good, good + good, good.Replace("\n", "\r\n", StringComparison.Ordinal), good.Insert(inside, " "), good.Insert(inside, "\n")];
        Assert.All(wrong, text => Assert.NotNull(Read(text)));
    }

    [Fact]
    public void Text_RandomOrOversized_IsRefused()
    {
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var garbage = new byte[random.Next(400)];
            random.NextBytes(garbage);
            Assert.NotNull(CertificateText.Read(garbage, out _));
            Assert.NotNull(Read($"-----BEGIN QUORATE CERTIFICATE-----\n{Convert.ToBase64String(garbage)}\n-----END QUORATE CERTIFICATE-----\n"));
        }

        Assert.Contains("longer", CertificateText.Read(new byte[CertificateText.MaxBytes + 1], out _), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_FPlusOneSignatures_IsRefused() =>
        Assert.Contains("3 of 4", Make(2, 0).Check(directory), StringComparison.Ordinal);

    [Fact]
    public void Certificate_OneSignerTwice_IsRefused()
    {
        var good = Make(3, 0);
        Assert.NotNull((good with { Commits = [good.Commits[0], good.Commits[1], good.Commits[1]] }).Check(directory));
    }

    [Fact]
    public void Certificate_OtherDirectory_IsRefused()
    {
        var other = KeyDirectory.Create("other", 1, [.. keys[..4].Select(P256Crypto.PublicKey)]);
        Assert.Contains("directory", Make(3, 0).Check(other), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_PrepareSignatures_AreNoCommits()
    {
        var certificate = Make(3, 0, MessageKind.Prepare);
        Assert.NotNull(certificate.Check(directory));
    }

    [Fact]
    public void Directory_KeyNamedTwice_IsRefused()
    {
        var key = P256Crypto.PublicKey(keys[0]);
        Assert.Equal("key_named_twice", Assert.Throws<QuorateException>(() => KeyDirectory.Create("x", 0, [key, key])).Code);
    }

    [Fact]
    public void Directory_NoPoint_IsRefused() =>
        Assert.Equal("key_wrong", Assert.Throws<QuorateException>(() => KeyDirectory.Create("x", 0, [new byte[64]])).Code);

    [Fact]
    public void Crypto_PrivateKeyOfAnother_IsRefused() =>
        Assert.Equal("key_wrong", Assert.Throws<QuorateException>(() => new P256Crypto(directory, 0, keys[1])).Code);

    public void Dispose()
    {
        foreach (var key in keys)
        {
            key.Dispose();
        }
    }

    private static string? Read(string text) => CertificateText.Read(System.Text.Encoding.ASCII.GetBytes(text), out _);

    private QuorumCertificate Make(int signers, int index, MessageKind kind = MessageKind.Commit)
    {
        var client = contexts[4];
        var items = Enumerable.Range(1, 5).Select(i => new Item(Request.Sign(client.Crypto, client.Directory, 4, (ulong)i, RequestKind.Operation, [1, 2]))).ToList();
        var batch = new Batch(items);
        var statement = Vote.StatementOf(kind, 3, 17, batch.Digest(client.Crypto));
        SignedBy[] commits = [.. Enumerable.Range(0, signers).Select(i => new SignedBy(i, contexts[i].Sign(statement)))];
        return QuorumCertificate.For(client, new Decided(3, 17, batch, commits), index);
    }
}

internal sealed class AnyContent : IProposalValidator
{
    public string? Check(Item item) => item.Request.Payload is [0xFF, ..] ? "forbidden" : null;

    public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions) => opinions[0].Value;
}

using System.Text;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Storage.Certificates;
using Quorate.Storage.Keys;

namespace Quorate.Tests.Integration.Cli;

public sealed class CertificateTests : IDisposable
{
    private readonly QuorateCli _cli = new();
    private readonly string _keys;
    private readonly string _file;

    public CertificateTests()
    {
        var made = Path.Combine(_cli.Home, "made");
        GroupKeys.Create(made, "panel", 1, ["ann", "bob", "cyd", "dan"], ["cli"], passphrase: null);
        // Another machine has the public folder and the certificate, and nothing else.
        _keys = Path.Combine(_cli.Home, "given");
        Directory.Move(GroupKeys.PublicFolderOf(made), _keys);
        Directory.CreateSymbolicLink(GroupKeys.PublicFolderOf(made), _keys);
        _file = Path.Combine(_cli.Home, "decision.cert");
        Write(made, signers: 3);
    }

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Verify_GoodCertificate_TellsWhatWasDecidedAndByWhom()
    {
        Directory.Delete(Path.Combine(_cli.Home, "made"), recursive: true);
        var (code, document) = await VerifyAsync();
        Assert.Equal(0, code);
        Assert.True(document.GetProperty("valid").GetBoolean());
        Assert.Equal(["ann", "bob", "cyd"], document.GetProperty("signers").EnumerateArray().Select(s => s.GetString()));
        Assert.Equal((3UL, 17UL, 3), (document.GetProperty("view").GetUInt64(), document.GetProperty("sequence").GetUInt64(), document.GetProperty("quorum").GetInt32()));
        Assert.Equal("cli", document.GetProperty("item").GetProperty("client").GetString());
        Assert.Equal("api", document.GetProperty("item").GetProperty("payload").GetProperty("json").GetProperty("restart").GetString());
        var people = await _cli.RunAsync(TestContext.Current.CancellationToken, "certificate", "verify", _file, "--keys", _keys);
        Assert.Contains("decided by ann, bob, cyd", people.Stdout, StringComparison.Ordinal);
        Assert.Contains("""operation 1 of cli: {"restart":"api"}""", people.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_WithTheFolderThatHoldsThePublicOne_TakesThat()
    {
        var (code, _) = await VerifyAsync(Path.Combine(_cli.Home, "made"));
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Verify_TooFewSignatures_ExitsOneAndSaysSo()
    {
        Write(Path.Combine(_cli.Home, "made"), signers: 2);
        var (code, document) = await VerifyAsync();
        Assert.Equal(1, code);
        Assert.Equal("2 signatures; 3 of 4 are needed", document.GetProperty("reason").GetString());
        Assert.False(document.TryGetProperty("item", out _));
    }

    [Fact]
    public async Task Verify_OtherDirectory_ExitsOneAndNamesBoth()
    {
        var other = Path.Combine(_cli.Home, "other");
        GroupKeys.Create(other, "panel", 1, ["ann", "bob", "cyd", "dan"], ["cli"], passphrase: null);
        var (code, document) = await VerifyAsync(GroupKeys.PublicFolderOf(other));
        Assert.Equal(1, code);
        Assert.Contains(document.GetProperty("key_directory").GetString()!, document.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains(GroupKeys.OpenPublic(_keys).Directory.Hash.ToString(), document.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cut", "cut off")]
    [InlineData("garbage", "begin")]
    [InlineData("empty", "begin")]
    [InlineData("large", "longer")]
    [InlineData("flipped", "")]
    public async Task Verify_DamagedFile_ExitsOneAndSaysWhy(string damage, string reason)
    {
        var good = await File.ReadAllBytesAsync(_file, TestContext.Current.CancellationToken);
        var bad = damage switch
        {
            "cut" => good[..(good.Length / 2)],
            "garbage" => [0, 255, 27, 10],
            "empty" => [],
            "large" => new byte[CertificateText.MaxBytes + 1],
            _ => [.. good[..200], (byte)(good[200] ^ 1), .. good[201..]],
        };
        await File.WriteAllBytesAsync(_file, bad, TestContext.Current.CancellationToken);
        var (code, document) = await VerifyAsync();
        Assert.Equal(1, code);
        Assert.Contains(reason, document.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_AnyByteOfTheFileFlipped_ProvesNothing()
    {
        var group = GroupKeys.OpenPublic(_keys);
        var good = File.ReadAllBytes(_file);
        Assert.Null(CertificateFile.Read(_file, out var certificate));
        Assert.Null(certificate!.Check(group.Directory));
        for (var i = 0; i < good.Length; i++)
        {
            File.WriteAllBytes(_file, [.. good[..i], (byte)(good[i] ^ 1), .. good[(i + 1)..]]);
            Assert.False(CertificateFile.Read(_file, out var other) is null && other!.Check(group.Directory) is null, $"byte {i}");
        }
    }

    private Task<(int Code, System.Text.Json.JsonElement Document)> VerifyAsync(string? keys = null) =>
        _cli.JsonAsync(TestContext.Current.CancellationToken, "certificate", "verify", _file, "--keys", keys ?? _keys);

    private void Write(string folder, int signers)
    {
        using var client = GroupKeys.OpenPrivate(folder, "cli", passphrase: null);
        using var clientCrypto = client.CreateCrypto();
        var directory = client.Group.Directory;
        Item[] items = [.. Enumerable.Range(1, 3).Select(i => new Item(Request.Sign(clientCrypto, directory.Hash, client.Number, (ulong)i, RequestKind.Operation, Encoding.UTF8.GetBytes("""{"restart":"api"}"""))))];
        var batch = new Batch(items);
        var statement = new Statement(StatementKind.Commit, 3, 17, batch.Digest(clientCrypto));
        SignedBy[] commits = [.. client.Group.Replicas.Take(signers).Select((id, number) => new SignedBy(number, Sign(folder, id, statement)))];
        var context = new ConsensusContext(directory.Membership, directory.Hash, clientCrypto, new NoRules(), new ConsensusOptions());
        CertificateFile.Write(_file, QuorumCertificate.For(context, new Decided(3, 17, batch, commits), 0));
    }

    private static byte[] Sign(string folder, string id, Statement statement)
    {
        using var member = GroupKeys.OpenPrivate(folder, id, passphrase: null);
        using var crypto = member.CreateCrypto();
        return statement.Sign(crypto, member.Group.Directory.Hash);
    }

    private sealed class NoRules : IProposalValidator
    {
        public string? Check(Item item) => null;

        public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions) => null;
    }
}

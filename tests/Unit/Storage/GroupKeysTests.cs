using System.Runtime.Versioning;
using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Storage.Keys;

namespace Quorate.Tests.Unit.Storage;

[SupportedOSPlatform("linux")]
public sealed class GroupKeysTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly string[] Replicas = ["a", "b", "c", "d"];
    private static readonly string[] Clients = ["cli"];
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("quorate-group-").FullName, "keys");

    private string Public => GroupKeys.PublicFolderOf(_folder);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Theory]
    [InlineData(null)]
    [InlineData("long and secret")]
    public void OpenPrivate_EachAgent_SignsWhatTheOthersVerify(string? passphrase)
    {
        Assert.Equal([.. Replicas, .. Clients], Create(passphrase).Made);
        foreach (var id in Replicas.Concat(Clients))
        {
            using var member = GroupKeys.OpenPrivate(_folder, id, passphrase);
            using var crypto = member.CreateCrypto();
            using var verifier = new P256Crypto(GroupKeys.OpenPublic(Public).Directory);
            Assert.True(verifier.Verify(member.Number, [1, 2], crypto.Sign([1, 2])));
            Assert.Equal(id != "cli", member.IsReplica);
            Assert.Equal(id, member.Group.IdOf(member.Number));
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(KeyPath(id)));
        }
    }

    [Fact]
    public void Create_Again_KeepsKeysAndMakesOnlyWhatIsMissing()
    {
        Create();
        var before = GroupKeys.OpenPublic(Public).Directory.Hash;
        File.Delete(Path.Combine(Public, "b.pem"));
        Assert.Equal([.. Replicas, .. Clients], Create().Kept);
        Assert.Equal(before, GroupKeys.OpenPublic(Public).Directory.Hash);
        File.Delete(KeyPath("c"));
        Assert.Equal(["c"], Create().Elsewhere);
        Assert.Equal(before, GroupKeys.OpenPublic(Public).Directory.Hash);
        Assert.Equal("group_key_missing", Fails(() => GroupKeys.OpenPrivate(_folder, "c", null)).Code);
    }

    [Fact]
    public async Task Create_ByManyAtOnce_AgreesOnOneSetOfKeys()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Create())));
        Assert.Equal(Replicas.Concat(Clients).Order(), made.SelectMany(m => m.Made).Order());
        Assert.All(made, m => Assert.Empty(m.Elsewhere));
        Assert.Empty(Directory.GetFiles(_folder, "*.tmp", SearchOption.AllDirectories));
        foreach (var id in Replicas)
        {
            using var member = GroupKeys.OpenPrivate(_folder, id, null);
            Assert.Equal(id, member.Id);
        }
    }

    [Fact]
    public void Create_AnotherGroupInTheSameFolder_IsRefused()
    {
        Create();
        Assert.Equal("group_differs", Fails(() => GroupKeys.Create(_folder, "panel", 1, Replicas, ["other"], null)).Code);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("new\nline")]
    [InlineData("65characters-65characters-65characters-65characters-65characters-")]
    public void Create_IdOutOfForm_IsRefusedBeforeAnythingIsWritten(string id)
    {
        Assert.Equal("id_invalid", Fails(() => GroupKeys.Create(_folder, "panel", 0, [id], [], null)).Code);
        Assert.False(Directory.Exists(_folder));
    }

    [Fact]
    public void Create_GroupThatDoesNotFit_NamesWhy()
    {
        var error = Fails(() => GroupKeys.Create(_folder, "panel", 2, Replicas, [], null));
        Assert.Equal("too_few_replicas", error.Code);
        Assert.Contains("n = 4", error.Message, StringComparison.Ordinal);
        Assert.Contains("f = 2", error.Message, StringComparison.Ordinal);
        Assert.Equal("id_twice", Fails(() => GroupKeys.Create(_folder, "panel", 1, Replicas, ["A"], null)).Code);
        Assert.Equal("group_too_large", Fails(() => GroupKeys.Create(_folder, "panel", 1, Replicas, [.. Enumerable.Range(0, 1025).Select(i => $"client{i}")], null)).Code);
    }

    [Fact]
    public void OpenPrivate_Passphrase_MustBeTheRightOne()
    {
        GroupKeys.Create(_folder, "one", 0, ["a"], [], "right");
        Assert.Equal("passphrase_needed", Fails(() => GroupKeys.OpenPrivate(_folder, "a", null)).Code);
        Assert.Equal("passphrase_wrong", Fails(() => GroupKeys.OpenPrivate(_folder, "a", "wrong")).Code);
    }

    [Fact]
    public void OpenPrivate_ExposedOrUnknown_IsRefused()
    {
        Create();
        Assert.Equal("id_unknown", Fails(() => GroupKeys.OpenPrivate(_folder, "nobody", null)).Code);
        File.SetUnixFileMode(KeyPath("a"), OwnerOnly | UnixFileMode.GroupRead);
        Assert.Equal("key_file_exposed", Fails(() => GroupKeys.OpenPrivate(_folder, "a", null)).Code);
    }

    [Fact]
    public void OpenPrivate_FileOfAnotherAgent_IsRefused()
    {
        Create();
        File.Copy(KeyPath("a"), KeyPath("b"), overwrite: true);
        Assert.Equal("key_file_damaged", Fails(() => GroupKeys.OpenPrivate(_folder, "b", null)).Code);
        File.WriteAllText(KeyPath("b"), File.ReadAllText(KeyPath("a")).Replace("\"id\": \"a\"", "\"id\": \"b\"", StringComparison.Ordinal));
        Assert.Equal("key_file_damaged", Fails(() => GroupKeys.OpenPrivate(_folder, "b", null)).Code);
    }

    [Fact]
    public void OpenPrivate_AnyByteChanged_IsRefused()
    {
        Create();
        var good = File.ReadAllBytes(KeyPath("a"));
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= 0x01;
            File.WriteAllBytes(KeyPath("a"), bad);
            Assert.Throws<QuorateException>(() => GroupKeys.OpenPrivate(_folder, "a", null));
        }

        File.WriteAllBytes(KeyPath("a"), good[..(good.Length / 2)]);
        Assert.Equal("key_file_damaged", Fails(() => GroupKeys.OpenPrivate(_folder, "a", null)).Code);
    }

    [Fact]
    public void OpenPrivate_PublicKeyReplaced_IsRefused()
    {
        Create();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Path.Combine(Public, "a.pem"), other.ExportSubjectPublicKeyInfoPem());
        Assert.Equal("key_wrong", Fails(() => GroupKeys.OpenPrivate(_folder, "a", null)).Code);
    }

    [Fact]
    public void OpenPublic_MissingOrDamaged_IsNamed()
    {
        Assert.Equal("group_missing", Fails(() => GroupKeys.OpenPublic(Public)).Code);
        Create();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        File.WriteAllText(Path.Combine(Public, "a.pem"), other.ExportSubjectPublicKeyInfoPem());
        Assert.Equal("key_invalid", Fails(() => GroupKeys.OpenPublic(Public)).Code);
        File.WriteAllText(Path.Combine(Public, "a.pem"), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
        Assert.Equal("key_invalid", Fails(() => GroupKeys.OpenPublic(Public)).Code);
        File.Copy(Path.Combine(Public, "b.pem"), Path.Combine(Public, "a.pem"), overwrite: true);
        Assert.Equal("key_named_twice", Fails(() => GroupKeys.OpenPublic(Public)).Code);
        File.Delete(Path.Combine(Public, "a.pem"));
        Assert.Equal("public_key_missing", Fails(() => GroupKeys.OpenPublic(Public)).Code);
        File.WriteAllText(Path.Combine(Public, "group.json"), """{"name":"x","faults":0,"replicas":["../../etc/a"],"clients":[]}""");
        Assert.Equal("id_invalid", Fails(() => GroupKeys.OpenPublic(Public)).Code);
        File.WriteAllText(Path.Combine(Public, "group.json"), """{"name":"x","faults":0,"replicas":[null],"clients":[]}""");
        Assert.Equal("group_invalid", Fails(() => GroupKeys.OpenPublic(Public)).Code);
    }

    private GroupKeysMade Create(string? passphrase = null) => GroupKeys.Create(_folder, "panel", 1, Replicas, Clients, passphrase);

    private string KeyPath(string id) => Path.Combine(_folder, $"{id}.key.json");

    private static QuorateException Fails(Func<object> action) => Assert.Throws<QuorateException>(action);
}

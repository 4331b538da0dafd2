using Quorate.Contracts;
using Quorate.Storage.Keys;

namespace Quorate.Tests.Unit.Storage;

public sealed class PeersFileTests : IDisposable
{
    private const string Good = """
        {"name":"panel","faults":1,"keys":"k","clients":[{"id":"cli"}],"replicas":[
          {"id":"r0","address":"127.0.0.1:7101"},{"id":"r1","address":"[::1]:7101"},{"id":"r2","address":"host.example:7101"},{"id":"r3","address":"127.0.0.1:7104"}]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-peers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_GoodFile_ResolvesFoldersAndAddresses()
    {
        var peers = Load(Good);
        Assert.Equal(Path.Combine(_folder, "k"), peers.KeysFolder);
        Assert.Equal(Path.Combine(_folder, "k", "public"), peers.PublicFolder);
        Assert.Equal(["r0", "r1", "r2", "r3"], peers.ReplicaIds);
        Assert.Equal(["cli"], peers.ClientIds);
        Assert.Equal([("127.0.0.1", 7101), ("::1", 7101), ("host.example", 7101), ("127.0.0.1", 7104)], peers.Replicas.Select(r => (r.Host, r.Port)));
    }

    [Theory]
    [InlineData("\"faults\":1", "\"faults\":2", "too_few_replicas")]
    [InlineData("\"faults\":1", "\"faults\":-1", "too_few_replicas")]
    [InlineData("\"faults\":1", "\"faults\":\"1\"", "peers_invalid")]
    [InlineData("\"faults\":1", "\"faults\":1,\"faults\":1", "peers_invalid")]
    [InlineData("\"faults\":1,", "", "peers_invalid")]
    [InlineData("\"name\":\"panel\"", "\"name\":null", "peers_invalid")]
    [InlineData("\"name\":\"panel\"", "\"name\":\"pa nel\"", "id_invalid")]
    [InlineData("\"keys\":\"k\"", "\"keys\":\"\"", "peers_invalid")]
    [InlineData("\"keys\":\"k\"", "\"colour\":1", "peers_invalid")]
    [InlineData("\"id\":\"r1\"", "\"id\":\"r0\"", "id_twice")]
    [InlineData("\"id\":\"cli\"", "\"id\":\"R0\"", "id_twice")]
    [InlineData("{\"id\":\"cli\"}", "null", "peers_invalid")]
    [InlineData("127.0.0.1:7104", "127.0.0.1:7101", "address_twice")]
    [InlineData("127.0.0.1:7104", "127.0.0.1", "address_invalid")]
    [InlineData("127.0.0.1:7104", "127.0.0.1:0", "address_invalid")]
    [InlineData("127.0.0.1:7104", "127.0.0.1:65536", "address_invalid")]
    [InlineData("127.0.0.1:7104", "::1:7104", "address_invalid")]
    [InlineData("127.0.0.1:7104", "http://x:1", "address_invalid")]
    [InlineData("127.0.0.1:7104", ":7104", "address_invalid")]
    public void Load_WrongField_IsNamed(string field, string wrong, string code)
    {
        var error = Assert.Throws<QuorateException>(() => Load(Good.Replace(field, wrong, StringComparison.Ordinal)));
        Assert.Equal(code, error.Code);
        Assert.Equal(ErrorKind.Input, error.Kind);
    }

    [Fact]
    public void Load_MissingGarbageOrTooLarge_IsNamed()
    {
        Assert.Equal("peers_missing", Assert.Throws<QuorateException>(() => PeersFile.Load(Path.Combine(_folder, "none"))).Code);
        Assert.Equal("peers_invalid", Assert.Throws<QuorateException>(() => Load("\0\u0001")).Code);
        Assert.Equal("peers_invalid", Assert.Throws<QuorateException>(() => Load("null")).Code);
        Assert.Equal("peers_invalid", Assert.Throws<QuorateException>(() => Load(Good + new string(' ', 1 << 20))).Code);
    }

    private PeersFile Load(string json)
    {
        var path = Path.Combine(_folder, "peers.json");
        File.WriteAllText(path, json);
        return PeersFile.Load(path);
    }
}

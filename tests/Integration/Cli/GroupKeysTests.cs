using System.Text.Json;

namespace Quorate.Tests.Integration.Cli;

public sealed class GroupKeysTests : IDisposable
{
    private readonly QuorateCli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Generate_TwiceAndList_MakesOneSetOfKeysAndShowsIt()
    {
        var peers = GroupFiles.WritePeers(_cli.Home);
        var token = TestContext.Current.CancellationToken;
        var (code, first) = await _cli.JsonAsync(token, "keys", "generate", "--peers", peers);
        Assert.Equal(0, code);
        Assert.Equal(5, first.GetProperty("made").GetArrayLength());
        var (again, second) = await _cli.JsonAsync(token, "keys", "generate", "--peers", peers);
        Assert.Equal(0, again);
        Assert.Equal(5, second.GetProperty("kept").GetArrayLength());
        var (listed, list) = await _cli.JsonAsync(token, "keys", "list", "--peers", peers);
        Assert.Equal(0, listed);
        var group = list.GetProperty("group");
        Assert.Equal(first.GetProperty("group").GetProperty("directory_hash").GetString(), group.GetProperty("directory_hash").GetString());
        Assert.Equal(["r0", "r1", "r2", "r3", "cli"], group.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("id").GetString()));
        Assert.All(group.GetProperty("keys").EnumerateArray(), k => Assert.True(k.GetProperty("private_key").GetBoolean()));
        Assert.DoesNotContain("PRIVATE", JsonSerializer.Serialize(list), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_ChangedGroup_ExitsTwoAndNamesIt()
    {
        var token = TestContext.Current.CancellationToken;
        await _cli.RunAsync(token, "keys", "generate", "--peers", GroupFiles.WritePeers(_cli.Home));
        var (code, document) = await _cli.JsonAsync(token, "keys", "generate", "--peers", GroupFiles.WritePeers(_cli.Home, name: "other"));
        Assert.Equal(2, code);
        Assert.Equal("group_differs", document.GetProperty("error").GetProperty("code").GetString());
    }
}

internal static class GroupFiles
{
    /// <summary>A peers file of four replicas and a client, with its keys in a folder beside it.</summary>
    public static string WritePeers(string folder, string name = "panel")
    {
        var path = Path.Combine(folder, "peers.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            name,
            faults = 1,
            replicas = Enumerable.Range(0, 4).Select(i => new { id = $"r{i}", address = $"127.0.0.1:{7101 + i}" }),
            clients = new[] { new { id = "cli" } },
            keys = "group-keys",
        }));
        return path;
    }
}

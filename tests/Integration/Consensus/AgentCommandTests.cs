using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Quorate.Tests.Integration.Cli;

namespace Quorate.Tests.Integration.Consensus;

public sealed class AgentCommandTests : IDisposable
{
    private readonly QuorateCli cli = new();

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task Agent_Group_AnswersProvesAndEndsCleanly()
    {
        var token = TestContext.Current.CancellationToken;
        using var group = new AgentGroup(1);
        var processes = new List<Process>();
        foreach (var id in group.Peers.ReplicaIds)
        {
            processes.Add(await group.StartAsync(id));
        }

        var file = Path.Combine(cli.Home, "decision.pem");
        var (code, asked) = await cli.JsonAsync(token, "agent", "ask", "add visits 2", "--peers", group.Peers.Path, "--as", "c0", "--certificate", file);
        Assert.Equal((0, 1, "2"), (code, asked.GetProperty("position").GetInt32(), asked.GetProperty("value").GetString()));
        Assert.Equal(0, (await cli.RunAsync(token, "certificate", "verify", file, "--keys", group.Peers.PublicFolder)).Code);
        var (statusCode, status) = await cli.JsonAsync(token, "agent", "status", "--peers", group.Peers.Path, "--as", "c0");
        Assert.Equal(0, statusCode);
        Assert.Equal(4, status.GetProperty("replicas").GetArrayLength());
        foreach (var process in processes)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await process.WaitForExitAsync(token);
            Assert.Equal(0, process.ExitCode);
        }
    }

    [Theory]
    [InlineData("r9", "id_unknown")]
    [InlineData("c0", "not_a_replica")]
    public async Task Agent_IdThatIsNoReplica_SaysSo(string id, string code)
    {
        using var group = new AgentGroup(1);
        await ExpectErrorAsync(2, code, "agent", "--id", id, "--peers", group.Peers.Path);
    }

    [Fact]
    public async Task Agent_ThreeReplicasForOneFault_NamesNAndF()
    {
        var message = await ExpectErrorAsync(2, "too_few_replicas", "agent", "--id", "r0", "--peers", Peers(3, "127.0.0.1"));
        Assert.Contains("n = 3", message, StringComparison.Ordinal);
        Assert.Contains("f = 1", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_MalformedPeersFile_SaysSo()
    {
        var path = Path.Combine(cli.Home, "peers.json");
        await File.WriteAllTextAsync(path, "{\"name\": ", TestContext.Current.CancellationToken);
        await ExpectErrorAsync(2, "peers_invalid", "agent", "--id", "r0", "--peers", path);
    }

    [Fact]
    public async Task Agent_NoKeys_SaysHowToMakeThem()
    {
        var result = await cli.RunAsync(TestContext.Current.CancellationToken, "agent", "--id", "r0", "--peers", Peers(4, "127.0.0.1"), "--json");
        Assert.NotEqual(0, result.Code);
        Assert.Contains("group", result.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_AddressOfAllNetworks_NeedsBindAny()
    {
        var peers = Peers(4, "0.0.0.0");
        Assert.Equal(0, (await cli.RunAsync(TestContext.Current.CancellationToken, "keys", "generate", "--peers", peers)).Code);
        await ExpectErrorAsync(2, "address_not_loopback", "agent", "--id", "r0", "--peers", peers);
    }

    [Fact]
    public async Task Agent_PortInUse_SaysSo()
    {
        using var group = new AgentGroup(1);
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, group.Peers.Replicas[0].Port));
        other.Listen();
        await ExpectErrorAsync(2, "address_in_use", "agent", "--id", "r0", "--peers", group.Peers.Path);
    }

    [Fact]
    public async Task Agent_Lie_NeedsPermission()
    {
        using var group = new AgentGroup(1);
        await ExpectErrorAsync(2, "lies_not_allowed", "agent", "--id", "r0", "--peers", group.Peers.Path, "--lie", "silent");
    }

    [Fact]
    public async Task Ask_NobodyThere_SaysWhoIsNeeded()
    {
        using var group = new AgentGroup(1);
        await ExpectErrorAsync(3, "agents_unreachable", "agent", "ask", "x", "--peers", group.Peers.Path, "--as", "c0");
    }

    [Fact]
    public async Task Bench_InProcess_GivesTheContractsFields()
    {
        var (code, document) = await cli.JsonAsync(TestContext.Current.CancellationToken, "bench", "consensus", "--transport", "inproc", "--clients", "4", "--seconds", "1");
        Assert.Equal(0, code);
        Assert.True(document.GetProperty("decisions_per_s").GetDouble() > 0);
        foreach (var field in new[] { "replicas", "clients", "payload_bytes", "batch", "transport", "seconds", "signatures" })
        {
            Assert.NotEqual(JsonValueKind.Undefined, document.GetProperty(field).ValueKind);
        }

        foreach (var field in new[] { "p50", "p95", "p99" })
        {
            Assert.True(document.GetProperty("latency_ms").GetProperty(field).GetDouble() > 0);
        }
    }

    private async Task<string> ExpectErrorAsync(int exit, string code, params string[] args)
    {
        var (actual, document) = await cli.JsonAsync(TestContext.Current.CancellationToken, args);
        var error = document.GetProperty("error");
        Assert.Equal((exit, code), (actual, error.GetProperty("code").GetString()));
        return error.GetProperty("message").GetString()!;
    }

    private string Peers(int count, string host)
    {
        var path = Path.Combine(cli.Home, "peers.json");
        var replicas = Enumerable.Range(0, count).Select(i => new { id = $"r{i}", address = $"{host}:{7301 + i}" });
        File.WriteAllText(path, JsonSerializer.Serialize(new { name = "g", faults = 1, replicas, clients = new[] { new { id = "c0" } }, keys = "keys" }));
        return path;
    }
}

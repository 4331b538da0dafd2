using System.Diagnostics;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Storage.Keys;
using Quorate.Tests.Integration.Cli;

namespace Quorate.Tests.Integration.Consensus;

/// <summary>Four replicas as real processes on loopback, each with a folder of its own, that can be killed and started again.</summary>
internal sealed class AgentGroup : IDisposable
{
    private readonly QuorateCli cli = new();
    private readonly Dictionary<string, Process> running = [];

    public AgentGroup(int clients)
    {
        cli.Environment["QUORATE_ALLOW_LIES"] = "1";
        var ports = FreePorts.Find(4);
        var file = new PeersFile
        {
            Name = "group",
            Faults = 1,
            Replicas = [.. ports.Select((port, i) => new Peer($"r{i}", $"127.0.0.1:{port}"))],
            Clients = [.. Enumerable.Range(0, clients).Select(i => new PeerClient($"c{i}"))],
        };
        var path = Path.Combine(cli.Home, "peers.json");
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(file, QuorateJson.Options));
        Peers = PeersFile.Load(path);
        GroupKeys.Create(Peers.KeysFolder, Peers.Name, Peers.Faults, Peers.ReplicaIds, Peers.ClientIds, passphrase: null);
    }

    public PeersFile Peers { get; }

    /// <summary>Starts a replica and waits until it says that it listens.</summary>
    public async Task<Process> StartAsync(string id, params string[] more)
    {
        var process = cli.Start(["agent", "--id", id, "--peers", Peers.Path, "--data", Path.Combine(cli.Home, id), .. more]);
        running[id] = process;
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.True(line?.Contains("listens on", StringComparison.Ordinal), $"{id} said '{line}' {(process.HasExited ? await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken) : "")}");
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>SIGKILL, as a crash would.</summary>
    public async Task KillAsync(string id)
    {
        running[id].Kill();
        await running[id].WaitForExitAsync(TestContext.Current.CancellationToken);
        running[id].Dispose();
        running.Remove(id);
    }

    public void Dispose()
    {
        foreach (var process in running.Values)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        cli.Dispose();
    }
}

using System.Diagnostics;
using System.Text.Json;
using Quorate.Cli.Agents;
using Quorate.Cli.Commands;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Storage.Keys;
using Quorate.Transport.Clients;

namespace Quorate.Cli.Bench;

/// <summary>Each replica a <c>quorate agent</c> process on loopback; the clients, with links of their own, in this one.</summary>
internal sealed class ProcessBenchGroup : IBenchGroup
{
    private readonly ConsensusBenchPlan plan;
    private readonly TimeProvider time;
    private readonly string folder = Directory.CreateTempSubdirectory("quorate-bench-").FullName;
    private readonly List<Process> agents = [];
    private readonly List<GroupMember> members = [];
    private readonly List<AgentClients> clients = [];

    private ProcessBenchGroup(ConsensusBenchPlan plan, TimeProvider time) => (this.plan, this.time) = (plan, time);

    public IReadOnlyList<ConsensusClient> Clients { get; private set; } = [];

    public static async Task<ProcessBenchGroup> StartAsync(ConsensusBenchPlan plan, TimeProvider time, CancellationToken token)
    {
        var group = new ProcessBenchGroup(plan, time);
        try
        {
            await group.StartAsync(token);
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    public async Task<GroupUsage> UsageAsync(CancellationToken token)
    {
        var all = await Task.WhenAll(Enumerable.Range(0, plan.Replicas).Select(i => clients[0].StatusAsync(i, token)));
        AgentStatus[] alive = [.. all.OfType<AgentStatus>()];
        return new GroupUsage(
            alive.Sum(a => a.CpuMs), alive.Max(a => a.MemoryMb), alive.Max(a => a.MemoryPeakMb), alive.Sum(a => a.BytesSent), alive.Sum(a => a.Signed), alive.Sum(a => a.Verified), alive.Max(a => a.Applied), alive.Max(a => a.Executed), alive.Max(a => a.View));
    }

    public async Task KillLeaderAsync(CancellationToken token)
    {
        var status = await clients[0].StatusAsync(plan.Replicas - 1, token);
        agents[(int)((status?.View ?? 0) % (ulong)plan.Replicas)].Kill();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        foreach (var agent in agents)
        {
            agent.Kill();
            await agent.WaitForExitAsync();
            agent.Dispose();
        }

        members.ForEach(member => member.Dispose());
        Directory.Delete(folder, recursive: true);
    }

    private async Task StartAsync(CancellationToken token)
    {
        var path = Path.Combine(folder, "peers.json");
        var file = new PeersFile
        {
            Name = "bench",
            Faults = plan.Faults,
            Replicas = [.. FreePorts.Find(plan.Replicas).Select((port, i) => new Peer($"r{i}", $"127.0.0.1:{port}"))],
            Clients = [.. Enumerable.Range(0, plan.Clients).Select(i => new PeerClient($"c{i}"))],
        };
        await File.WriteAllBytesAsync(path, JsonSerializer.SerializeToUtf8Bytes(file, QuorateJson.Options), token);
        var peers = PeersFile.Load(path);
        GroupKeys.Create(peers.KeysFolder, peers.Name, peers.Faults, peers.ReplicaIds, peers.ClientIds, passphrase: null);
        var requests = plan.SignedRequests ? "signed" : "unsigned";
        agents.AddRange(peers.ReplicaIds.Select(id => StartAgent(id, path, requests)));
        members.AddRange(peers.ClientIds.Select(id => GroupKeys.OpenPrivate(peers.KeysFolder, id, passphrase: null)));
        foreach (var sharing in members.Chunk(plan.OwnLinks ? 1 : members.Count))
        {
            clients.Add(new AgentClients(peers, sharing, AgentCommand.Rules(requests), new ConsensusClientOptions { Time = time, RunsInline = true }, AgentCommand.Jitter));
        }

        Clients = [.. clients.SelectMany(client => client.Clients)];
        foreach (var client in clients)
        {
            await client.ConnectAsync(plan.Replicas, TimeSpan.FromSeconds(30), token);
        }
    }

    private Process StartAgent(string id, string path, string requests)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        string[] arguments = ["agent", "--id", id, "--peers", path, "--requests", requests, "--until-stdin-closes"];
        string[] durable = plan.Durable == "fsync" ? ["--data", Path.Combine(folder, $"{id}.data"), "--durable", "fsync"] : [];
        foreach (var argument in arguments.Concat(durable))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw QuorateException.Missing("agent_not_started", $"{start.FileName} does not start");
    }
}

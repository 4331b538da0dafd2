using System.Diagnostics;
using System.Net;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Storage.Consensus;
using Quorate.Storage.Keys;
using Quorate.Transport;
using Quorate.Transport.Driving;
using Quorate.Transport.Tcp;

namespace Quorate.Cli.Agents;

/// <summary>How an agent runs.</summary>
internal sealed record AgentSettings
{
    /// <summary>Folder of the record log; null keeps records in memory only.</summary>
    public string? Data { get; init; }

    /// <summary>Wait for the disk before anything is said.</summary>
    public bool Fsync { get; init; } = true;
    public bool BindAny { get; init; }
    public Lie Lie { get; init; }
    public ConsensusOptions Consensus { get; init; } = new();
    public required Func<double> Jitter { get; init; }
    public required TimeProvider Time { get; init; }

    /// <summary>Told of faults that were proven.</summary>
    public Action<ProvenFault>? FaultProven { get; init; }
}

/// <summary>One replica with its links, its log and its application.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private const int MaxFaults = 256;

    private readonly GroupMember member;
    private readonly P256Crypto keys;
    private readonly CountingCrypto crypto;
    private readonly RecordLog? log;
    private readonly TcpNode node;
    private readonly ReplicaDriver driver;
    private readonly LogApplication application = new();
    private readonly List<ProvenFault> faults = [];

    private AgentProcess(PeersFile peers, GroupMember member, AgentSettings settings)
    {
        this.member = member;
        var directory = member.Group.Directory;
        keys = member.CreateCrypto();
        crypto = new CountingCrypto(keys);
        log = settings.Data is { } folder ? RecordLog.Open(folder, directory.Hash, member.Number, settings.Fsync) : null;
        node = new TcpNode(new LinkIdentity(member.Number, directory, crypto), new TcpOptions { Jitter = settings.Jitter, Time = settings.Time });
        try
        {
            node.Listen(Address(peers.Replicas[member.Number], settings.BindAny));
        }
        catch
        {
            log?.Dispose();
            throw;
        }

        var context = new ConsensusContext(directory.Membership, directory.Hash, crypto, new LogRules(), settings.Consensus);
        driver = new ReplicaDriver(member.Number, context, application, settings.Lie == Lie.None ? node : new LyingLinks(node, settings.Lie, context, member.Number), new ReplicaDriverOptions
        {
            Time = settings.Time,
            Log = log,
            RunsInline = log is null || !settings.Fsync,
            FaultProven = evidence => OnFault(evidence, settings),
        });
        node.OnMessage(driver.Add, driver.Pump);
        node.OnQuery((_, query) => AgentQuery.Answer(query, Status, driver.Certificate));
        for (var peer = 0; peer < member.Number; peer++)
        {
            node.Dial(peer, EndPointOf(peers.Replicas[peer]));
        }
    }

    public EndPoint ListensOn => node.Address!;

    /// <summary>Bytes of the record log's last, torn block that were cut off.</summary>
    public long Cut => log?.Cut ?? 0;

    /// <summary>Ends, with its reason, when the replica cannot go on.</summary>
    public Task Completion => driver.Completion;

    /// <exception cref="QuorateException">The address cannot be used, or the log.</exception>
    public static AgentProcess Start(PeersFile peers, GroupMember member, AgentSettings settings) => new(peers, member, settings);

    public AgentStatus Status()
    {
        var at = driver.Status;
        var (applied, hash) = application.Read();
        using var process = Process.GetCurrentProcess();
        ProvenFault[] proven;
        lock (faults)
        {
            proven = [.. faults];
        }

        return new AgentStatus
        {
            Id = member.Id,
            View = at.View,
            Active = at.IsActive,
            Executed = at.Executed,
            Stable = at.Stable,
            Applied = applied,
            StateHash = hash,
            Pending = at.Pending,
            Connected = [.. node.Connected.Select(member.Group.IdOf)],
            Signed = crypto.Signed,
            Verified = crypto.Verified,
            CpuMs = process.TotalProcessorTime.TotalMilliseconds,
            MemoryMb = process.WorkingSet64 / 1048576.0,
            MemoryPeakMb = process.PeakWorkingSet64 / 1048576.0,
            BytesSent = node.BytesSent,
            BytesReceived = node.BytesReceived,
            Dropped = node.Dropped + driver.Dropped,
            RefusedConnections = node.Refused,
            Faults = proven,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await driver.DisposeAsync();
        await node.DisposeAsync();
        log?.Dispose();
        keys.Dispose();
    }

    internal static EndPoint EndPointOf(Peer peer) =>
        IPAddress.TryParse(peer.Host, out var address) ? new IPEndPoint(address, peer.Port)
        : peer.Host == "localhost" ? new IPEndPoint(IPAddress.Loopback, peer.Port)
        : new DnsEndPoint(peer.Host, peer.Port);

    private static IPEndPoint Address(Peer peer, bool bindAny)
    {
        var endPoint = EndPointOf(peer) as IPEndPoint
            ?? new IPEndPoint(Dns.GetHostAddresses(peer.Host).FirstOrDefault() ?? throw QuorateException.Input("address_unusable", $"the host '{peer.Host}' of '{peer.Id}' has no address"), peer.Port);
        return IPAddress.IsLoopback(endPoint.Address) || bindAny
            ? endPoint
            : throw QuorateException.Input("address_not_loopback", $"{peer.Id} would listen on {endPoint}, which other machines can reach", "use a loopback address such as 127.0.0.1, or say --bind-any");
    }

    private void OnFault(Evidence evidence, AgentSettings settings)
    {
        var fault = new ProvenFault(member.Group.IdOf(evidence.Accused), evidence.Kind.ToString());
        lock (faults)
        {
            if (faults.Count == MaxFaults)
            {
                return;
            }

            faults.Add(fault);
        }

        settings.FaultProven?.Invoke(fault);
    }
}

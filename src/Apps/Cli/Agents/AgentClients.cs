using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Storage.Keys;
using Quorate.Transport.Clients;
using Quorate.Transport.Tcp;

namespace Quorate.Cli.Agents;

/// <summary>One or more clients of a group of agents, with one link to each agent that they share.</summary>
internal sealed class AgentClients : IAsyncDisposable
{
    private readonly PeersFile peers;
    private readonly List<P256Crypto> cryptos = [];
    private readonly Dictionary<int, ConsensusClient> byNumber = [];
    private readonly KeyDirectory directory;
    private readonly TimeProvider time;

    public AgentClients(PeersFile peers, IReadOnlyList<GroupMember> members, ConsensusOptions consensus, ConsensusClientOptions options, Func<double> jitter)
    {
        this.peers = peers;
        (directory, time) = (members[0].Group.Directory, options.Time);
        LinkIdentity[] identities = [.. members.Select(Identify)];
        Node = new TcpNode(identities[0], new TcpOptions { Jitter = jitter, Time = time }, identities[1..]);
        foreach (var identity in identities)
        {
            byNumber.Add(identity.Self, new ConsensusClient(identity.Self, new ConsensusContext(directory.Membership, directory.Hash, identity.Crypto, new LogRules(), consensus), Node, options));
        }

        Clients = [.. byNumber.Values];
        Node.OnMessage((from, message, _) =>
        {
            if (message is Reply reply && byNumber.TryGetValue(reply.Client, out var client))
            {
                client.Receive(from, reply);
            }
        });
        for (var i = 0; i < peers.Replicas.Count; i++)
        {
            Node.Dial(i, AgentProcess.EndPointOf(peers.Replicas[i]));
        }
    }

    public IReadOnlyList<ConsensusClient> Clients { get; }

    public TcpNode Node { get; }

    /// <summary>Waits until at least so many replicas are connected.</summary>
    /// <exception cref="QuorateException">agents_unreachable.</exception>
    public async Task ConnectAsync(int replicas, TimeSpan timeout, CancellationToken token)
    {
        var started = time.GetTimestamp();
        while (Node.Connected.Count < replicas)
        {
            if (time.GetElapsedTime(started) > timeout)
            {
                throw QuorateException.Missing(
                    "agents_unreachable",
                    $"{Node.Connected.Count} of {peers.Replicas.Count} agents answer after {timeout.TotalSeconds:0} s; {replicas} are needed{(Node.LastFault is { } fault ? $" (one refused: {fault})" : "")}",
                    $"start them with quorate agent --id NAME --peers {peers.Path}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), time, token);
        }
    }

    /// <summary>The status of one replica; null when it does not answer.</summary>
    public async Task<AgentStatus?> StatusAsync(int replica, CancellationToken token) =>
        AgentStatus.FromBytes(await Node.QueryAsync(replica, AgentQuery.Status, TimeSpan.FromSeconds(2), token));

    /// <summary>The certificate of an answered request, checked, from the first replica that has it; null when none has.</summary>
    public async Task<QuorumCertificate?> CertificateAsync(RequestKey key, CancellationToken token)
    {
        for (var replica = 0; replica < peers.Replicas.Count; replica++)
        {
            var bytes = await Node.QueryAsync(replica, AgentQuery.Certificate(key), TimeSpan.FromSeconds(2), token);
            if (QuorumCertificate.TryDecode(bytes, out var certificate) && certificate.Check(directory) is null && certificate.Decided()?.Request.Key == key)
            {
                return certificate;
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients)
        {
            client.Dispose();
        }

        await Node.DisposeAsync();
        cryptos.ForEach(crypto => crypto.Dispose());
    }

    private LinkIdentity Identify(GroupMember member)
    {
        if (member.IsReplica)
        {
            throw QuorateException.Input("not_a_client", $"'{member.Id}' is a replica", $"clients of this group: {string.Join(", ", member.Group.Clients)}");
        }

        var crypto = member.CreateCrypto();
        cryptos.Add(crypto);
        return new LinkIdentity(member.Number, directory, crypto);
    }
}

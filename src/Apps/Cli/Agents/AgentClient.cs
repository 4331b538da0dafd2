using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Storage.Keys;
using Quorate.Transport.Clients;
using Quorate.Transport.Tcp;

namespace Quorate.Cli.Agents;

/// <summary>A client of a group of agents, with a link to each.</summary>
internal sealed class AgentClient : IAsyncDisposable
{
    private readonly PeersFile peers;
    private readonly P256Crypto crypto;
    private readonly KeyDirectory directory;
    private readonly TimeProvider time;

    public AgentClient(PeersFile peers, GroupMember member, ConsensusOptions consensus, ConsensusClientOptions options, Func<double> jitter)
    {
        if (member.IsReplica)
        {
            throw QuorateException.Input("not_a_client", $"'{member.Id}' is a replica", $"clients of this group: {string.Join(", ", member.Group.Clients)}");
        }

        this.peers = peers;
        (directory, time) = (member.Group.Directory, options.Time);
        crypto = member.CreateCrypto();
        Node = new TcpNode(new LinkIdentity(member.Number, directory, crypto), new TcpOptions { Jitter = jitter, Time = time });
        Client = new ConsensusClient(member.Number, new ConsensusContext(directory.Membership, directory.Hash, crypto, new LogRules(), consensus), Node, options);
        Node.OnMessage((from, message, _) =>
        {
            if (message is Reply reply)
            {
                Client.Receive(from, reply);
            }
        });
        for (var i = 0; i < peers.Replicas.Count; i++)
        {
            Node.Dial(i, AgentProcess.EndPointOf(peers.Replicas[i]));
        }
    }

    public ConsensusClient Client { get; }

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
        Client.Dispose();
        await Node.DisposeAsync();
        crypto.Dispose();
    }
}

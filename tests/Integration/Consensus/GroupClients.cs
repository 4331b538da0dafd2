using System.Net;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Storage.Keys;
using Quorate.Transport.Clients;
using Quorate.Transport.Tcp;

namespace Quorate.Tests.Integration.Consensus;

/// <summary>All clients of a group in this process, and what replicas say of themselves.</summary>
internal sealed class GroupClients : IAsyncDisposable
{
    private readonly List<GroupMember> members;
    private readonly List<P256Crypto> cryptos;
    private readonly TcpNode node;

    public GroupClients(PeersFile peers)
    {
        members = [.. peers.ClientIds.Select(id => peers.OpenMember(id, passphrase: null))];
        cryptos = [.. members.Select(member => member.CreateCrypto())];
        Directory = members[0].Group.Directory;
        LinkIdentity[] identities = [.. members.Select((member, i) => new LinkIdentity(member.Number, Directory, cryptos[i]))];
        node = new TcpNode(identities[0], new TcpOptions { Jitter = () => 0.5 }, identities[1..]);
        Clients = [.. identities.Select(identity => new ConsensusClient(identity.Self, new ConsensusContext(Directory.Membership, Directory.Hash, identity.Crypto, new NoRules(), new ConsensusOptions()), node))];
        node.OnMessage((from, message, _) =>
        {
            if (message is Reply reply)
            {
                Clients[reply.Client - peers.Replicas.Count].Receive(from, reply);
            }
        });
        for (var i = 0; i < peers.Replicas.Count; i++)
        {
            node.Dial(i, new IPEndPoint(IPAddress.Loopback, peers.Replicas[i].Port));
        }
    }

    public KeyDirectory Directory { get; }

    public ConsensusClient[] Clients { get; }

    /// <summary>Null when the replica does not answer.</summary>
    public async Task<JsonElement?> StatusAsync(int replica)
    {
        var bytes = await node.QueryAsync(replica, [1], TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        return bytes.Length == 0 ? null : JsonSerializer.Deserialize<JsonElement>(bytes, QuorateJson.Options);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients)
        {
            client.Dispose();
        }

        await node.DisposeAsync();
        cryptos.ForEach(crypto => crypto.Dispose());
        members.ForEach(member => member.Dispose());
    }

    private sealed class NoRules : IProposalValidator
    {
        public string? Check(Item item) => null;

        public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions) => null;
    }
}

using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Transport.Clients;
using Quorate.Transport.Driving;

namespace Quorate.Transport.InProcess;

/// <summary>
/// n replicas and their clients in one process. They exchange bytes, so that each verifies for itself what the
/// others signed, exactly as between machines.
/// </summary>
public sealed class InProcessGroup : IAsyncDisposable
{
    private readonly KeyPairs keys;
    private readonly bool ownsKeys;
    private readonly List<P256Crypto> cryptos = [];
    private readonly List<CountingCrypto> counters = [];
    private readonly ReplicaDriver?[] replicas;
    private readonly ConsensusClient[] clients;

    private InProcessGroup(InProcessGroupOptions options)
    {
        ownsKeys = options.Keys is null;
        keys = options.Keys ?? KeyPairs.Generate(options.Name, options.Replicas, options.Faults, options.Clients);
        var membership = keys.Directory.Membership;
        replicas = new ReplicaDriver?[membership.Replicas];
        clients = new ConsensusClient[keys.Directory.Count - membership.Replicas];
        for (var i = 0; i < clients.Length; i++)
        {
            var id = membership.Replicas + i;
            clients[i] = new ConsensusClient(id, Context(id, options), new Links(this, id), options.Client);
        }

        for (var i = 0; i < replicas.Length; i++)
        {
            var id = i;
            replicas[i] = new ReplicaDriver(id, Context(id, options), options.State(id), new Links(this, id), new ReplicaDriverOptions
            {
                Time = options.Time,
                Opinion = options.Opinion is { } opinion ? (question, token) => opinion(id, question, token) : null,
                Decided = decision => options.Decided?.Invoke(id, decision),
                FaultProven = evidence => options.FaultProven?.Invoke(id, evidence),
            });
        }
    }

    public KeyDirectory Directory => keys.Directory;

    public IReadOnlyList<ReplicaDriver> Replicas => replicas!;

    public IReadOnlyList<ConsensusClient> Clients => clients;

    /// <summary>The first client.</summary>
    public ConsensusClient Client => clients[0];

    /// <summary>Signatures made by all of them.</summary>
    public long Signed => counters.Sum(counter => counter.Signed);

    /// <summary>Signatures verified by all of them.</summary>
    public long Verified => counters.Sum(counter => counter.Verified);

    /// <exception cref="QuorateException">n and f that don't fit, or an option out of its range.</exception>
    public static InProcessGroup Start(InProcessGroupOptions options) => new(options);

    /// <summary>The certificate of an answered request, checked; null when no replica has it any more.</summary>
    public QuorumCertificate? Certificate(RequestKey request)
    {
        foreach (var replica in replicas)
        {
            if (replica!.Certificate(request) is { } certificate && certificate.Check(Directory) is null)
            {
                return certificate;
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients)
        {
            client.Dispose();
        }

        foreach (var replica in replicas)
        {
            await replica!.DisposeAsync();
        }

        cryptos.ForEach(crypto => crypto.Dispose());
        if (ownsKeys)
        {
            keys.Dispose();
        }
    }

    private ConsensusContext Context(int principal, InProcessGroupOptions options)
    {
        var crypto = keys.CryptoOf(principal);
        var counter = new CountingCrypto(crypto);
        cryptos.Add(crypto);
        counters.Add(counter);
        return new ConsensusContext(keys.Directory.Membership, keys.Directory.Hash, counter, options.Validator, options.Consensus);
    }

    private void Deliver(int from, int to, Message sent)
    {
        var bytes = sent.Encoded;
        if (!MessageCodec.TryDecode(bytes, out var message))
        {
            throw new InvalidOperationException($"a message of kind {sent.Kind} cannot be read back");
        }

        if (to < replicas.Length)
        {
            // Null while the group is being put together; the protocol sends again.
            replicas[to]?.Post(from, message, bytes.Length);
        }
        else if (to - replicas.Length < clients.Length && message is Reply reply)
        {
            clients[to - replicas.Length].Receive(from, reply);
        }
    }

    private sealed class Links(InProcessGroup group, int self) : ILinks
    {
        // What a full inbox drops, its driver counts.
        public long Dropped => 0;

        public void Send(int to, Message message) => group.Deliver(self, to, message);

        public void Flush()
        {
            // Delivered already.
        }
    }
}

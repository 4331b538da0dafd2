using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Simulation;

/// <summary>Four replicas whose messages arrive at once and in order.</summary>
internal sealed class TestGroup
{
    private readonly ConsensusContext[] contexts;
    private readonly SimulatedRandom random;
    private readonly int clientBase;

    internal TestGroup(int replicas, int faults, SimulatedRandom random, PlantedBug bug = PlantedBug.None)
    {
        this.random = random;
        clientBase = replicas;
        var membership = new Membership(replicas, faults);
        using var keys = new SimulatedKeys(false, membership, 1, random);
        var options = new ConsensusOptions { CheckpointInterval = 4, Window = 16, Bug = bug };
        contexts = [.. Enumerable.Range(0, replicas + 1).Select(i => new ConsensusContext(membership, keys.Directory, keys.Crypto(i), new SimulatedRules(), options))];
        Replicas = [.. Enumerable.Range(0, replicas).Select(i => new Replica(i, contexts[i], new SimulatedApplication()))];
    }

    internal Replica[] Replicas { get; }

    internal List<Message> Sent { get; } = [];

    /// <summary>Bit i: what replica i sends is lost.</summary>
    internal ulong Silent { get; set; }

    internal List<Evidence> Proven { get; } = [];

    internal List<(int Replica, Decision Decision)> Decisions { get; } = [];

    internal ConsensusContext Context(int principal) => contexts[principal];

    internal void Ask(ulong sequence, RequestKind type = RequestKind.Operation, byte[]? payload = null)
    {
        var client = contexts[clientBase];
        Hand(Request.Sign(client.Crypto, client.Directory, clientBase, sequence, type, payload ?? [1, 2, 3]));
    }

    internal void Hand(Request request)
    {
        Sent.Add(request);
        foreach (var replica in Replicas)
        {
            replica.Receive(clientBase, request, 1);
        }

        Run();
    }

    /// <summary>Well-formed messages that the quiet group never sent.</summary>
    internal IEnumerable<Message> Extra()
    {
        var digest = new Digest(1, 2, 3, 4);
        var change = new ViewChange(3, 1, CheckpointProof.Genesis, [new PreparedProof(1, 1, digest, random.Bytes(8), [new SignedBy(1, random.Bytes(8))])], random.Bytes(8));
        yield return change;
        yield return new NewView(3, [change], [new Reproposal(1, digest, random.Bytes(8))], random.Bytes(8));
        yield return new Opinion(digest, 1, [1], random.Bytes(8));
        yield return new Status(0, true, 4, 4);
        yield return new Fetch(MessageKind.FetchDecided, 1, default);
        yield return new Fetch(MessageKind.FetchBatch, 1, digest);
        yield return new Fetch(MessageKind.FetchState, 1, default);
        yield return new Decided(0, 9, Batch.Empty, [new SignedBy(1, random.Bytes(8))]);
        yield return new BatchData(9, Batch.Empty);
        yield return new StateData(new CheckpointProof(40, digest, [new SignedBy(1, random.Bytes(8))]), random.Bytes(40));
        yield return new Vote(MessageKind.Commit, ulong.MaxValue, ulong.MaxValue, digest, 1, random.Bytes(8));
    }

    /// <summary>Delivers until nothing is left to deliver.</summary>
    internal void Run()
    {
        var isBusy = true;
        while (isBusy)
        {
            isBusy = false;
            foreach (var replica in Replicas)
            {
                var outputs = replica.Outputs.ToArray();
                replica.Outputs.Clear();
                isBusy |= outputs.Length > 0;
                foreach (var output in outputs)
                {
                    Deliver(replica.Id, output);
                }
            }
        }
    }

    private void Deliver(int from, Output output)
    {
        switch (output.Content)
        {
            case Evidence evidence:
                Proven.Add(evidence);
                break;
            case Decision decision:
                Decisions.Add((from, decision));
                break;
            case Request question when output.Kind == OutputKind.OpinionWanted:
                Replicas[from].SubmitOpinion(question.Digest(contexts[from].Crypto), [(byte)(from == 0 ? 9 : 7)], 1);
                break;
        }

        if (output.Content is not Message message || (Silent >> from & 1) == 1)
        {
            return;
        }

        Sent.Add(message);
        foreach (var replica in Replicas)
        {
            if (replica.Id != from && (output.Kind == OutputKind.Broadcast || (output.Kind == OutputKind.Send && output.To == replica.Id)))
            {
                replica.Receive(from, message, 1);
            }
        }
    }
}

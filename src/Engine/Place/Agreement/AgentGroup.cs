using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Messages;
using Quorate.Engine.Place.Recording;
using Quorate.Engine.Place.Votes;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Engine.Place.Agreement;

/// <summary>
/// A cluster's agents in one process, each a replica with a key, a state and a voter of its own. Their opinions travel over a bus
/// that repeats what is not acknowledged; the messages of consensus go over links of their own, as its rules for order and
/// repetition are its own. Both carry bytes and may be slow, cut or damaged. One record is decided at a time. Not thread-safe.
/// </summary>
public sealed partial class AgentGroup
{
    /// <summary>Deliveries of one round; more means that something sends without end.</summary>
    private const int MaxDeliveries = 200_000;

    private readonly ClusterSpec _cluster;
    private readonly AgentNode[] _nodes;
    private readonly ConsensusContext _client;
    private readonly IReadOnlyList<IVoter> _voters;
    private readonly IAgentFaults _faults;
    private readonly IGroupClock _clock;
    private readonly AgentGroupOptions _options;
    private readonly IAgentBus _bus;
    private readonly PriorityQueue<(int From, int To, byte[] Bytes), (long At, long Order)> _wire = new();
    private readonly Dictionary<int, Task<CastBallot>> _voting = [];
    private readonly Memo<PlacementRecord> _records;
    private readonly Memo<Ballot> _ballots;
    private long _sent;
    private ulong _asked;
    private ulong _lastSequence;
    private Round _round = new();

    /// <param name="cluster">Whose agents.</param>
    /// <param name="run">Names the run; part of the state's chain.</param>
    /// <param name="contexts">One for each agent, in their order.</param>
    /// <param name="client">Signs the questions.</param>
    /// <param name="voters">One for each agent.</param>
    /// <param name="faults">What befalls them.</param>
    /// <param name="bus">Carries opinions; its clock is that of timeouts.</param>
    /// <param name="options">Times.</param>
    /// <param name="history">Of a run that goes on: the agents begin where it led to; null: it begins.</param>
    public AgentGroup(ClusterSpec cluster, string run, IReadOnlyList<ConsensusContext> contexts, ConsensusContext client, IReadOnlyList<IVoter> voters, IAgentFaults faults, IAgentBus bus, AgentGroupOptions options, PlacementHistory? history = null)
    {
        (_cluster, _client, _voters, _faults, _bus, _clock, _options) = (cluster, client, voters, faults, bus, bus.Clock, options);

        // The agents read what the rules have read: the same bytes are parsed once.
        Rules = client.Validator as PlacementRules ?? new PlacementRules(cluster);
        (_records, _ballots) = (Rules.Records, Rules.Ballots);
        history ??= PlacementHistory.None;
        var past = history.Decided.ToList();
        _nodes = [.. contexts.Select((c, i) => new AgentNode(i, c, cluster, run, (_records, _ballots), options.Choices, Tick, past))];
        _opinions = $"{OpinionTopic}/{history.NameOf(run)}/";
        _numbers = _nodes.ToDictionary(n => cluster.Agents[n.Id].Name, n => n.Id, StringComparer.Ordinal);
        _others = [.. _nodes.Select(n => cluster.Agents.Where((_, i) => i != n.Id).Select(a => a.Name).ToArray())];
        bus.On(OpinionTopic, Hear);
    }

    /// <summary>What the agents may decide, and what has been read so far.</summary>
    internal PlacementRules Rules { get; }

    public double TimeoutMs => _options.ConsensusTimeoutMs;

    private long Tick => (long)_clock.Now;

    /// <summary>Puts a record before the agents and waits until it is decided, and a grace longer for those who are late.</summary>
    public async Task<RoundResult> DecideAsync(PlacementRecord record, CancellationToken cancellationToken)
    {
        _faults.BeginRound(record);
        var question = record.ToBytes();
        _records.Keep(question, record);
        var request = Request.Sign(_client.Crypto, _client.Directory, _client.Membership.Replicas, ++_asked, RequestKind.Question, question);
        _round = new Round { Request = request, Subject = request.Digest(_client.Crypto), Started = _clock.Now, Number = record.Round, Trouble = _bus.Trouble };
        BeginConversation();
        var bytes = request.Encoded.ToArray();
        foreach (var node in _nodes)
        {
            Follow(node);
            Send(request.Client, node.Id, bytes, 0);
        }

        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await RunAsync(() => _round.IsDecided, _round.Started + _options.ConsensusTimeoutMs, cancel.Token);
            _round.ElapsedMs = _clock.Now - _round.Started;
            await RunAsync(IsComplete, _clock.Now + _options.GraceMs, cancel.Token);
        }
        finally
        {
            await cancel.CancelAsync();
            await AbandonVotesAsync();
        }

        Exchange();
        return Result(record);
    }

    private bool IsComplete() => _voting.Count == 0 && _wire.Count == 0 && _bus.IsQuiet && _nodes.All(n => n.Machine is null || n.State.Round >= _nodes.Max(m => m.State.Round));

    private async Task RunAsync(Func<bool> done, double until, CancellationToken cancellationToken)
    {
        while (!done() && _clock.Now < until && _round.Delivered < MaxDeliveries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var arrival = _bus.Arrival;
            if (Step(cancellationToken))
            {
                continue;
            }

            var next = _nodes.Where(n => n.Machine is not null).Select(n => (double)n.Machine!.Deadline).Append(until).Min();
            next = _wire.TryPeek(out _, out var first) ? Math.Min(next, first.At) : next;
            next = Math.Min(next, _bus.NextDue);
            var votes = _voting.Count > 0 ? Task.WhenAny(_voting.Values) : null;
            var earlier = arrival is null ? votes : votes is null ? arrival : Task.WhenAny(arrival, votes);
            await _clock.WaitUntilAsync(Math.Max(next, Math.Floor(_clock.Now) + 1), earlier, cancellationToken);
        }
    }

    /// <summary>Whatever can be done at this moment; false when nothing can.</summary>
    private bool Step(CancellationToken cancellationToken)
    {
        var worked = false;
        while (_wire.TryPeek(out _, out var first) && first.At <= Tick && _round.Delivered < MaxDeliveries)
        {
            worked = true;
            Deliver(_wire.Dequeue());
        }

        worked |= _bus.Deliver();
        foreach (var node in _nodes)
        {
            if (node.Machine is { } machine && machine.Deadline <= Tick)
            {
                worked = true;
                machine.Tick(Tick);
                Take(node);
            }

            worked |= Vote(node, cancellationToken);
        }

        return worked;
    }

    private void Deliver((int From, int To, byte[] Bytes) sent)
    {
        _round.Delivered++;
        var node = _nodes[sent.To];
        Follow(node);
        node.Receive(sent.From, sent.Bytes, Tick);
        Take(node);
    }

    /// <summary>A process dies, or is started again, as the faults have it.</summary>
    private void Follow(AgentNode node)
    {
        var down = _faults.IsDown(node.Id, _round.Delivered);
        if (down && node.Machine is not null)
        {
            node.Crash();
        }
        else if (!down && node.Machine is null)
        {
            node.Start(Tick);
            Take(node);
        }
    }

    private void Take(AgentNode node)
    {
        while (node.Machine is { Outputs.Count: > 0 } machine)
        {
            var outputs = machine.Outputs.ToArray();
            machine.Outputs.Clear();
            foreach (var output in outputs)
            {
                Do(node, output);
            }
        }
    }

    private void Do(AgentNode node, Output output)
    {
        switch (output.Content)
        {
            case DurableRecord record:
                node.Keep(record);
                break;
            case Evidence evidence:
                node.Findings.Add(new Finding(_cluster.Agents[evidence.Accused].Name, QuorateJson.NameOf(evidence.Kind), Proven: true, node.State.Round + 1, "its signatures contradict the protocol", Convert.ToBase64String(evidence.Encode())));
                break;
            case Decision decision:
                Note(node, decision);
                break;
            case Request question when output.Kind == OutputKind.OpinionWanted:
                node.Want(question, _records.Read(question.Payload));
                break;
            case Opinion opinion when output.Kind == OutputKind.Broadcast:
                Tell(node, _others[node.Id], opinion);
                break;
            case Opinion opinion when output.Kind == OutputKind.Send:
                Tell(node, [_cluster.Agents[output.To].Name], opinion);
                break;
            case Message message when output.Kind == OutputKind.Broadcast:
                foreach (var other in _nodes.Where(n => n != node))
                {
                    Post(node, other.Id, message);
                }

                break;
            case Message message when output.Kind == OutputKind.Send:
                Post(node, output.To, message);
                break;
        }
    }

    private void Post(AgentNode from, int to, Message message)
    {
        foreach (var (delay, bytes) in _faults.Carry((from.Id, from.Context), to, message, _options.LinkMs))
        {
            Send(from.Id, to, bytes, _options.LinkMs + delay);
        }
    }

    private void Send(int from, int to, byte[] bytes, long delay) => _wire.Enqueue((from, to, bytes), (Tick + delay, _sent++));

    /// <summary>Lets an agent vote as soon as it can, or hands in the vote that is ready.</summary>
    private bool Vote(AgentNode node, CancellationToken cancellationToken)
    {
        if (_voting.TryGetValue(node.Id, out var task))
        {
            return task.IsCompleted && _voting.Remove(node.Id) && HandIn(node, task);
        }

        if (node.Machine is null || node.TakeQuestion() is not { } question)
        {
            return false;
        }

        var changes = question.Record.Changes.Select(c => node.Agrees(question.Record, c)).ToList();
        _voting[node.Id] = VoteAsync(node.Id, node.State, question.Record, changes, cancellationToken);
        return true;
    }

    private async Task<CastBallot> VoteAsync(int agent, PlacementState state, PlacementRecord record, List<bool> changes, CancellationToken cancellationToken)
    {
        var started = _clock.Now;
        var cast = await _voters[agent].VoteAsync(state, record, changes, cancellationToken);
        var extra = (_clock.Now - started) * (_faults.SlownessOf(agent) - 1);
        if (extra >= 1)
        {
            await _clock.WaitUntilAsync(_clock.Now + extra, null, cancellationToken);
        }

        return cast;
    }

    private bool HandIn(AgentNode node, Task<CastBallot> task)
    {
        if (task.IsCanceled)
        {
            return true;
        }

        var cast = task.GetAwaiter().GetResult();
        _round.Cast[node.Id] = cast;
        var record = _records.Read(_round.Request!.Payload)!;
        if (node.Machine is not { } machine || _faults.Bend(node.Id, record, cast.Ballot) is not { } signed)
        {
            return true;
        }

        var bytes = signed.ToBytes();
        if (ReferenceEquals(signed, cast.Ballot))
        {
            _ballots.Keep(bytes, signed);
        }

        if (node.State.Round < record.Round)
        {
            machine.SubmitOpinion(_round.Subject, bytes, Tick);
            Take(node);
        }
        else
        {
            node.SignLate(_round.Subject, bytes);
        }

        return true;
    }

    private async Task AbandonVotesAsync()
    {
        foreach (var (agent, task) in _voting)
        {
            await Task.WhenAny(task);
            HandIn(_nodes[agent], task);
        }

        _voting.Clear();
    }

    private void Note(AgentNode node, Decision decision)
    {
        for (var i = 0; i < decision.Proof.Batch.Items.Count; i++)
        {
            var item = decision.Proof.Batch.Items[i];
            foreach (var opinion in item.Opinions)
            {
                node.Findings.AddRange(node.Audit.Note(opinion));
            }

            if (decision.Sequence > _lastSequence && decision.Applied[i])
            {
                _round.Decided.Add((item, QuorumCertificate.For(node.Context, decision.Proof, i)));
                _round.IsDecided |= item.Request.Digest(_client.Crypto) == _round.Subject;
            }
        }

        _lastSequence = Math.Max(_lastSequence, decision.Sequence);
    }

    /// <summary>Agents tell each other which ballots they hold, and what convicts one of them, so that who signed two is found out whoever got which.</summary>
    private void Exchange()
    {
        var held = _nodes.Where(n => n.Machine is not null).Select(n => (n.Id, Opinions: n.Audit.OpinionsOn(_round.Subject).Concat(n.Audit.TakeConvicting()).ToList())).ToList();
        foreach (var (from, opinions) in held)
        {
            foreach (var node in _nodes.Where(n => n.Id != from && n.Machine is not null))
            {
                opinions.ForEach(o => node.Findings.AddRange(node.Audit.Note(o)));
            }
        }
    }

    private RoundResult Result(PlacementRecord record)
    {
        var ballots = new Dictionary<int, Ballot>();
        foreach (var opinion in _nodes.SelectMany(n => n.Audit.OpinionsOn(_round.Subject)))
        {
            if (!ballots.ContainsKey(opinion.Author) && _ballots.Read(opinion.Value) is { } ballot)
            {
                ballots[opinion.Author] = ballot;
            }
        }

        return new RoundResult
        {
            Record = record,
            Question = _round.Request!.Sequence,
            Decided = _round.Decided,
            Ballots = ballots,
            Heard = ballots.Keys.Concat(Enumerable.Range(0, _nodes.Length).Where(a => _nodes.Any(n => n.Id != a && n.Machine is not null && n.LastHeardOf(a) >= record.Round))).ToHashSet(),
            Cast = _round.Cast,
            Findings = [.. _nodes.SelectMany(TakeProven).DistinctBy(f => (f.Agent, f.Kind, f.Round)), .. TakeSuspicions()],
            ElapsedMs = _round.ElapsedMs,
            Trouble = _round.Trouble ?? _bus.Trouble,
            View = _nodes.Where(n => n.Machine is not null).Select(n => n.Machine!.View).DefaultIfEmpty().Max(),
        };
    }

    private static Finding[] TakeProven(AgentNode node)
    {
        Finding[] proven = [.. node.Findings];
        node.Findings.Clear();
        return proven;
    }

    private IEnumerable<Finding> TakeSuspicions() =>
        from damaged in _nodes.SelectMany(n => n.TakeDamaged().Select(d => (d.From, d.Kind, d.Count, Witness: _cluster.Agents[n.Id].Name)).ToList()).Where(d => d.From < _nodes.Length).ToList()
        group damaged by (damaged.From, damaged.Kind) into over
        select new Finding(
            _cluster.Agents[over.Key.From].Name, over.Key.Kind, Proven: false, _round.Number, $"{over.Sum(d => d.Count)} messages over its links to {string.Join(", ", over.Select(d => d.Witness))}", null, [.. over.Select(d => d.Witness)]);

    private sealed class Round
    {
        public Request? Request { get; init; }

        public Digest Subject { get; init; }
        public double Started { get; init; }
        public long Number { get; init; }
        public string? Trouble { get; init; }
        public double ElapsedMs { get; set; }

        public int Delivered { get; set; }

        public bool IsDecided { get; set; }

        public List<(Item Item, QuorumCertificate Certificate)> Decided { get; } = [];

        public Dictionary<int, CastBallot> Cast { get; } = [];
    }
}

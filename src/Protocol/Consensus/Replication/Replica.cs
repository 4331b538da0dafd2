namespace Quorate.Protocol.Consensus;

/// <summary>
/// One replica of Practical Byzantine Fault Tolerance (Castro and Liskov, OSDI '99, the variant in which all votes
/// are signed) as a pure state machine: messages and ticks in, <see cref="Outputs"/> out. It has no clock, thread,
/// file or socket of its own. A driver calls it from one thread, does what the outputs say in their order, and
/// calls <see cref="Tick"/> at <see cref="Deadline"/>. Nothing it is given makes it throw.
/// </summary>
public sealed partial class Replica
{
    private readonly ConsensusContext context;
    private readonly IReplicatedState state;
    private readonly Slot[] slots;
    private readonly PendingRequests pending;
    private readonly LinkCounters[] counters;
    private readonly List<Output> outputs = [];
    private ClientTable clients;
    private ulong excluded;
    private ulong next = 1;
    private long now;
    private bool recovering;

    /// <param name="id">This replica's number, 0…n−1.</param>
    /// <param name="context">The group, its rules, and this replica's key.</param>
    /// <param name="state">The application, empty.</param>
    /// <param name="records">What an earlier run of this replica persisted, in its order; none for the first run.</param>
    /// <param name="now">The time, in ticks of any unit; only differences count.</param>
    public Replica(int id, ConsensusContext context, IReplicatedState state, IEnumerable<DurableRecord>? records = null, long now = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)context.Membership.Replicas, nameof(id));
        context.Options.Validated();
        Id = id;
        this.context = context;
        this.state = state;
        this.now = now;
        pending = new PendingRequests(context);
        clients = new ClientTable(context.Options.ClientWindow);
        slots = new Slot[context.Options.Window];
        changes = new ViewChange?[N];
        future = new Queue<Vote>[N];
        budgets = new int[N];
        peerExecuted = new ulong[N];
        counters = new LinkCounters[N + 1];
        for (var i = 0; i < counters.Length; i++)
        {
            counters[i] = new LinkCounters();
        }

        entered = progress = now;
        nextRetry = now + context.Options.RetryInterval;
        Recover(records ?? []);
    }

    public int Id { get; }

    public ulong View { get; private set; }

    /// <summary>False while a view change is under way.</summary>
    public bool IsActive { get; private set; } = true;

    /// <summary>Sequence number of the last batch applied.</summary>
    public ulong Executed { get; private set; }

    /// <summary>Sequence number of the stable checkpoint, the low watermark.</summary>
    public ulong Stable => stableProof.Sequence;

    public int PendingCount => pending.Count;

    public bool IsPrimary => context.Membership.Primary(View) == Id;

    /// <summary>What is to be done, in this order; the driver clears the list.</summary>
    public List<Output> Outputs => outputs;

    private int N => context.Membership.Replicas;

    /// <summary>The counters of the link to a replica; those of clients are kept together.</summary>
    public LinkCounters Counters(int from) => counters[context.Membership.IsReplica(from) ? from : N];

    /// <summary>A decision took this replica out: it counts as silent.</summary>
    public bool IsExcluded(int replica) => context.Membership.IsReplica(replica) && (excluded >> replica & 1) == 1;

    /// <summary>
    /// Takes a message that the link says is from <paramref name="from"/>. Signatures are verified here unless
    /// <see cref="MessageVerifier"/> did it before.
    /// </summary>
    public void Receive(int from, Message message, long time)
    {
        now = Math.Max(now, time);
        if (from == Id || !(context.Membership.IsReplica(from) || context.IsClient(from)) || IsExcluded(from)
            || (message is not Request && !context.Membership.IsReplica(from)))
        {
            Counters(from).OutOfRange++;
            return;
        }

        Dispatch(from, message);
        Wake();
    }

    /// <summary>Takes bytes from a link; what is no message is counted and dropped.</summary>
    public void Receive(int from, ReadOnlySpan<byte> bytes, long time)
    {
        if (MessageCodec.TryDecode(bytes, out var message))
        {
            Receive(from, message, time);
        }
        else
        {
            Counters(from).Malformed++;
        }
    }

    /// <summary>
    /// False for a message that would change nothing, so that a driver need not verify it. A statement that
    /// contradicts what is known is always wanted.
    /// </summary>
    public bool Wants(Message message) => message switch
    {
        Vote { Kind: MessageKind.Checkpoint } vote => WantsCheckpoint(vote),
        Vote vote => WantsVote(vote),
        PrePrepare proposal => proposal.View == View && IsActive && InWindow(proposal.Sequence)
            && SlotAt(proposal.Sequence).Accepted?.Digest != proposal.Digest,
        Request request => !clients.IsApplied(request.Key) && pending.Find(request.Key) is null,
        _ => true,
    };

    private void Dispatch(int from, Message message)
    {
        switch (message)
        {
            case Request request:
                OnRequest(from, request);
                break;
            case PrePrepare proposal:
                OnPrePrepare(from, proposal);
                break;
            case Vote { Kind: MessageKind.Checkpoint } vote:
                OnCheckpoint(from, vote);
                break;
            case Vote vote:
                OnVote(from, vote);
                break;
            case Opinion opinion:
                OnOpinion(from, opinion);
                break;
            case ViewChange change:
                OnViewChange(from, change);
                break;
            case NewView newView:
                OnNewView(from, newView);
                break;
            case Status status:
                OnStatus(from, status);
                break;
            case Fetch fetch:
                OnFetch(from, fetch);
                break;
            case Decided decided:
                OnDecided(from, decided);
                break;
            case BatchData data:
                OnBatchData(from, data);
                break;
            case StateData data:
                OnStateData(from, data);
                break;
            default:
                Counters(from).Malformed++;
                break;
        }
    }

    private bool IsGood(int from, Message message)
    {
        var verdict = MessageVerifier.Verify(context, message);
        switch (verdict)
        {
            case Verdict.InvalidSignature:
                Counters(from).InvalidSignature++;
                break;
            case Verdict.Malformed:
                Counters(from).Malformed++;
                break;
        }

        return verdict == Verdict.Valid;
    }

    private bool InWindow(ulong sequence) =>
        sequence > Stable && (sequence - Stable <= (ulong)context.Options.Window || context.Options.Has(PlantedBug.NoWatermarkCheck));

    private Slot SlotAt(ulong sequence)
    {
        ref var slot = ref slots[sequence % (ulong)slots.Length];
        slot ??= new Slot(N);
        if (slot.Sequence != sequence)
        {
            slot.Reset(sequence);
        }

        return slot;
    }

    private void Persist(Message message) => Out(OutputKind.Persist, -1, new DurableRecord(message));

    private void Send(int to, Message message) => Out(OutputKind.Send, to, message);

    private void Broadcast(Message message) => Out(OutputKind.Broadcast, -1, message);

    private void Out(OutputKind kind, int to, object content)
    {
        if (!recovering)
        {
            outputs.Add(new Output(kind, to, content));
        }
    }
}

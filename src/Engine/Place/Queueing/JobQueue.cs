using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place.Queueing;

/// <summary>What a queue goes by.</summary>
public sealed record QueueOptions
{
    public QueuePolicy Policy { get; init; } = QueuePolicy.Ours;

    /// <summary>After so long a wait a job counts as one priority higher. All age alike, so the order of two jobs never changes.</summary>
    public TimeSpan Ageing { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Waiting jobs, at most.</summary>
    public int MaxJobs { get; init; } = 200_000;

    /// <summary>Jobs looked at for backfill each time, at most.</summary>
    public int MaxBackfill { get; init; } = 2_000;
}

/// <summary>
/// The jobs that wait, and who starts next. It proposes; whoever starts a job allocates its nodes and removes it here. One that is
/// proposed and not removed is proposed again. Deterministic. Not for several threads at once.
/// </summary>
// The field's word for it; that it is no collection is plain.
#pragma warning disable CA1711
public sealed class JobQueue
#pragma warning restore CA1711
{
    private readonly QueueOptions _options;
    private readonly NodePools _free;
    private readonly Reservation _reservation;
    private readonly Dictionary<string, Entry> _entries = [];

    /// <summary>Who waits for a job to end, by its name.</summary>
    private readonly Dictionary<string, List<Entry>> _followers = [];

    /// <summary>In the order in which they are to start: requeued jobs first.</summary>
    private readonly List<Entry> _order = [];

    private readonly List<Entry> _candidates = [];

    private long _sequence;

    /// <summary>Where the first that still waits may be found in their order; before it all are gone.</summary>
    private int _first;

    /// <summary>Entries that are in the lists but gone.</summary>
    private int _gone;

    public JobQueue(ClusterSpec cluster, QueueOptions? options = null)
    {
        _options = options ?? new QueueOptions();
        _free = new NodePools(cluster);
        _reservation = new Reservation(new NodePools(cluster));
    }

    public int Count => _entries.Count;

    /// <summary>Puts a job in the queue. What even the whole cluster lacks for it: then it is not taken.</summary>
    /// <exception cref="QuorateException">Input: the name waits already, or the queue is full.</exception>
    public IReadOnlyList<Shortage> Add(QueuedJob job)
    {
        if (_free.Shortages(job.Needs) is { Count: > 0 } shortages)
        {
            return shortages;
        }

        if (_entries.Count >= _options.MaxJobs)
        {
            throw QuorateException.Input("queue_full", $"{_options.MaxJobs} jobs wait; no more are taken");
        }

        var rank = _options.Policy == QueuePolicy.Ours ? ((Int128)job.Priority * _options.Ageing.Ticks) - job.Submitted.Ticks : 0;
        var entry = new Entry(job, rank, _sequence++, [.. job.DependsOn]);
        if (!_entries.TryAdd(job.Name, entry))
        {
            throw QuorateException.Input("job_twice", $"{job.Name} waits already; each job needs its own name");
        }

        if (entry.Open.Count == 0)
        {
            Insert(entry);
        }

        foreach (var needed in entry.Open)
        {
            if (!_followers.TryGetValue(needed, out var followers))
            {
                _followers.Add(needed, followers = []);
            }

            followers.Add(entry);
        }

        return [];
    }

    /// <summary>It started, or was withdrawn. False: it does not wait.</summary>
    public bool Remove(string name)
    {
        if (!_entries.Remove(name, out var entry))
        {
            return false;
        }

        entry.Gone = true;
        _gone += entry.Open.Count == 0 ? 1 : 0;
        return true;
    }

    /// <summary>A job has ended well or badly. Who depends on one that ended badly can never start: those are removed and returned, with who depends on them.</summary>
    public IReadOnlyList<string> Finish(string name, bool succeeded)
    {
        var hopeless = new List<string>();
        Finish(name, succeeded, hopeless);
        // Grows while it is gone through: chains are as long as there are jobs.
        for (var i = 0; i < hopeless.Count; i++)
        {
            Finish(hopeless[i], succeeded: false, hopeless);
        }

        return hopeless;
    }

    private void Finish(string name, bool succeeded, List<string> hopeless)
    {
        _followers.Remove(name, out var followers);
        foreach (var entry in followers ?? [])
        {
            if (entry.Gone)
            {
                continue;
            }

            if (!succeeded)
            {
                Remove(entry.Job.Name);
                hopeless.Add(entry.Job.Name);
            }
            else if (entry.Open.Remove(name) && entry.Open.Count == 0)
            {
                Insert(entry);
            }
        }
    }

    /// <summary>Who may start now, and where; together they fit.</summary>
    public IReadOnlyList<Start> Next(TimeSpan now, IClusterView cluster)
    {
        Tidy();
        if (_first == _order.Count)
        {
            return [];
        }

        var starts = new List<Start>();
        _free.CopyFrom(cluster.Nodes);
        var head = StartInOrder(starts);
        var inOrder = starts.Count;
        if (head is not null && _options.Policy != QueuePolicy.Fifo)
        {
            _reservation.Make(head.Job.Needs, now, _free, cluster, starts);
            Backfill(starts, head, now);
        }

        for (var i = 0; i < inOrder; i++)
        {
            _entries[starts[i].Job.Name].Starting = false;
        }

        return starts;
    }

    /// <summary>Why each job waits that is not about to start, in their order.</summary>
    public IReadOnlyList<Waiting> Explain(TimeSpan now, IClusterView cluster)
    {
        var starting = Next(now, cluster).Select(s => s.Job.Name).ToHashSet();
        var reasons = new List<Waiting>();
        foreach (var entry in _order.Where(e => !e.Gone && !starting.Contains(e.Job.Name)))
        {
            var room = _free.Choose(entry.Job.Needs) is not null;
            var reserved = reasons.Count == 0 && _options.Policy != QueuePolicy.Fifo;
            reasons.Add(reserved ? new Waiting(entry.Job.Name, WaitKind.Reserved, $"first in order; {Lack(entry.Job.Needs)}", _reservation.At)
                : room ? new Waiting(entry.Job.Name, WaitKind.Behind, $"it would delay {reasons[0].Job}, which comes first")
                : new Waiting(entry.Job.Name, WaitKind.NoRoom, Lack(entry.Job.Needs)));
        }

        reasons.AddRange(_entries.Values.Where(e => e.Open.Count > 0).OrderBy(e => e.Sequence).Select(e => new Waiting(e.Job.Name, WaitKind.Dependencies, $"waits for {PlainText.Line(string.Join(", ", e.Open), 200)}")));
        return reasons;
    }

    /// <summary>Starts jobs in order as long as they fit. Returns the first that does not; null: all start.</summary>
    private Entry? StartInOrder(List<Start> starts)
    {
        for (var i = _first; i < _order.Count; i++)
        {
            var entry = _order[i];
            if (entry.Gone)
            {
                continue;
            }

            if (_free.Choose(entry.Job.Needs) is not { } placement)
            {
                return entry;
            }

            _free.Take(placement);
            starts.Add(new Start(entry.Job, placement, Backfilled: false));
            entry.Starting = true;
        }

        return null;
    }

    private void Backfill(List<Start> starts, Entry head, TimeSpan now)
    {
        var looked = 0;
        var hopeless = default(Resources);
        foreach (var entry in Candidates(now))
        {
            if (entry == head || entry.Starting || entry.Gone)
            {
                continue;
            }

            if (looked++ == _options.MaxBackfill)
            {
                break;
            }

            // Who needs at least what did not fit a moment ago does not fit either.
            if (!hopeless.IsZero && hopeless.Fits(entry.Job.Needs))
            {
                continue;
            }

            if (Admitted(entry.Job, now, out var fits) is { } placement)
            {
                _free.Take(placement);
                starts.Add(new Start(entry.Job, placement, Backfilled: true));
            }
            else if (!fits && (hopeless.IsZero || entry.Job.Needs.Fits(hopeless)))
            {
                hopeless = entry.Job.Needs;
            }
        }
    }

    /// <summary>Who may go before the first in order, in which order.</summary>
    private List<Entry> Candidates(TimeSpan now)
    {
        if (_options.Policy != QueuePolicy.Ours)
        {
            return _order;
        }

        _candidates.Clear();
        for (var i = _first; i < _order.Count; i++)
        {
            if (_order[i] is { Gone: false, Starting: false } entry)
            {
                // A second is added so that jobs that have just come are told apart, too.
                entry.Score = ((now - entry.Job.Submitted).TotalSeconds + 1) * entry.Weight;
                _candidates.Add(entry);
            }
        }

        _candidates.Sort(static (a, b) => a.Job.Requeued != b.Job.Requeued ? b.Job.Requeued.CompareTo(a.Job.Requeued) : a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Sequence.CompareTo(b.Sequence));
        return _candidates;
    }

    /// <summary>Where it fits without delaying the first in order: in the pool that suits it best, else in any.</summary>
    private Placement? Admitted(QueuedJob job, TimeSpan now, out bool fits)
    {
        var best = _free.Choose(job.Needs);
        fits = best is not null;
        if (best is null || _reservation.Admits(best, now + job.Walltime))
        {
            return best;
        }

        for (var pool = 0; pool < _free.Pools.Count; pool++)
        {
            if (pool != best.Pool && _free.ChooseIn(pool, job.Needs) is { } other && _reservation.Admits(other, now + job.Walltime))
            {
                return other;
            }
        }

        return null;
    }

    /// <summary>What is missing now in the pool that comes nearest to holding it.</summary>
    private string Lack(Resources needs)
    {
        var lacks = from pool in _free.Pools
                    where pool.Holds(needs)
                    let kinds = Enumerable.Range(0, Resources.Kinds).Where(k => needs[k] > pool.Free[k]).ToList()
                    let part = kinds.Sum(k => (double)(needs[k] - pool.Free[k]) / needs[k])
                    orderby part
                    select kinds.Count == 0
                        ? $"{pool.Name} has enough free, but in pieces too small"
                        : $"{pool.Name} lacks {string.Join(" and ", kinds.Select(k => Resources.Describe(k, needs[k] - pool.Free[k])))} now";
        return lacks.First();
    }

    private void Insert(Entry entry)
    {
        var order = Comparer<Entry>.Create(static (a, b) => a.Job.Requeued != b.Job.Requeued ? b.Job.Requeued.CompareTo(a.Job.Requeued) : a.Rank != b.Rank ? b.Rank.CompareTo(a.Rank) : a.Sequence.CompareTo(b.Sequence));
        var at = _order.Count == 0 || order.Compare(_order[^1], entry) <= 0 ? _order.Count : ~_order.BinarySearch(entry, order);
        _order.Insert(at, entry);
        _first = Math.Min(_first, at);
    }

    /// <summary>Drops the entries that are gone from the lists, all at once.</summary>
    private void Tidy()
    {
        while (_first < _order.Count && _order[_first].Gone)
        {
            _first++;
        }

        if (_gone > 16 + (_order.Count / 2))
        {
            _order.RemoveAll(static e => e.Gone);
            (_first, _gone) = (0, 0);
        }
    }

    private sealed class Entry(QueuedJob job, Int128 rank, long sequence, HashSet<string> open)
    {
        public QueuedJob Job => job;

        /// <summary>Larger first.</summary>
        public Int128 Rank => rank;

        public long Sequence => sequence;

        /// <summary>WFP3's score without the wait, its cube root: the order is the same.</summary>
        public double Weight { get; } = Math.Cbrt(job.Needs.CpuCores) / Math.Max(1, job.Walltime.TotalSeconds);

        public double Score { get; set; }

        /// <summary>Jobs that it still waits for.</summary>
        public HashSet<string> Open => open;

        public bool Gone { get; set; }

        /// <summary>Marked while one round of proposals is made.</summary>
        public bool Starting { get; set; }
    }
}

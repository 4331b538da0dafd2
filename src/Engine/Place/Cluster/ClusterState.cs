using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place.Cluster;

/// <summary>
/// What a cluster's nodes hold: jobs, what they take, and which nodes are up. Never over-committed: what would be is a programming error
/// and throws, with nothing changed. Not for several threads at once.
/// </summary>
public sealed class ClusterState : IClusterView
{
    private readonly Dictionary<string, Allocation> _allocations = [];
    private readonly SortedSet<Allocation> _running = new(Comparer<Allocation>.Create(
        static (a, b) => a.EndsBy != b.EndsBy ? a.EndsBy.CompareTo(b.EndsBy) : a.Sequence.CompareTo(b.Sequence)));

    private long _sequence;

    public ClusterState(ClusterSpec spec)
    {
        Spec = spec;
        Nodes = new NodePools(spec);
    }

    public ClusterSpec Spec { get; }

    public NodePools Nodes { get; }

    public IReadOnlyList<PoolState> Pools => Nodes.Pools;

    public IReadOnlyCollection<Allocation> Running => _running;

    public long Version { get; private set; }

    /// <summary>Sum of what running jobs hold.</summary>
    public Resources Used { get; private set; }

    public Allocation? Find(string job) => _allocations.GetValueOrDefault(job);

    /// <summary>The pool's place among the agents.</summary>
    /// <exception cref="InvalidOperationException">There is no such pool.</exception>
    public int PoolOf(string name) => Spec.NumberOf(name) is >= 0 and var pool ? pool : throw new InvalidOperationException($"there is no pool {name}");

    /// <inheritdoc cref="NodePools.Choose"/>
    public Placement? Choose(Resources needs) => Nodes.Choose(needs);

    /// <summary>Gives a job its nodes.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="placement">Chosen in this state, or by anybody: it is checked.</param>
    /// <param name="endsBy">When its walltime is over, since the start of the run; for reservations.</param>
    /// <exception cref="InvalidOperationException">The job runs already, or the nodes cannot hold it.</exception>
    public Allocation Allocate(string job, Placement placement, TimeSpan endsBy = default)
    {
        if (_allocations.ContainsKey(job))
        {
            throw new InvalidOperationException($"{job} runs already");
        }

        Nodes.Take(placement);
        var allocation = new Allocation(job, placement, endsBy, _sequence++);
        _allocations.Add(job, allocation);
        _running.Add(allocation);
        Used += placement.Total;
        Version++;
        return allocation;
    }

    /// <summary>Takes a job's nodes back. False: it holds none, for instance because its node was lost.</summary>
    public bool Release(string job)
    {
        if (!_allocations.Remove(job, out var allocation))
        {
            return false;
        }

        _running.Remove(allocation);
        Nodes.Give(allocation.Placement);
        Used -= allocation.Placement.Total;
        Version++;
        return true;
    }

    /// <summary>A node is gone. Returns the jobs that ran there; all their nodes are free again.</summary>
    public IReadOnlyList<Allocation> NodeDown(int pool, int node)
    {
        SetNode(pool, node, isUp: false);
        return Lose(a => a.Placement.Pool == pool && a.Placement.Nodes.Contains(node));
    }

    /// <summary>A node takes no more jobs, and those on it go on; or it is back.</summary>
    public void SetNode(int pool, int node, bool isUp)
    {
        Pools[pool].SetDown(node, down: !isUp);
        Version++;
    }

    /// <summary>Nodes that are out for themselves, whether or not their pool is down, in order.</summary>
    public IEnumerable<NodeOut> NodesOut() => Pools.SelectMany((pool, p) => Enumerable.Range(0, pool.Count).Where(pool.IsOut).Select(n => new NodeOut(p, n)));

    /// <summary>An agent is gone, and all its nodes with it. Returns the jobs that ran there.</summary>
    public IReadOnlyList<Allocation> PoolDown(int pool)
    {
        Pools[pool].SetPoolDown(down: true);
        Version++;
        return Lose(a => a.Placement.Pool == pool);
    }

    /// <summary>An agent is back; nodes that are down for themselves stay so.</summary>
    public void PoolUp(int pool)
    {
        Pools[pool].SetPoolDown(down: false);
        Version++;
    }

    /// <summary>Part of one kind that jobs hold, 0 to 1, of all that is held or could be taken now.</summary>
    public double Utilisation(int kind) => Used[kind] + Nodes.Free[kind] is > 0 and var there ? (double)Used[kind] / there : 0;

    /// <summary>What a pool's jobs hold.</summary>
    public Resources UsedIn(int pool) => _running.Where(a => a.Placement.Pool == pool).Aggregate(default(Resources), (sum, a) => sum + a.Placement.Total);

    private List<Allocation> Lose(Predicate<Allocation> lost)
    {
        var gone = _running.Where(a => lost(a)).OrderBy(a => a.Sequence).ToList();
        gone.ForEach(a => Release(a.Job));
        return gone;
    }
}

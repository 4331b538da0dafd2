using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place.Cluster;

/// <summary>
/// The free nodes of a cluster, and which of them suit a job best. A copy of it serves to think ahead. Deterministic: equal states and
/// needs give the same choice, whatever happened before. Not for several threads at once.
/// </summary>
public sealed class NodePools
{
    private static readonly string[] Specialities = ["compute", "memory", "gpu", "storage"];

    private readonly PoolState[] _pools;

    /// <summary>Of one node of each pool: the sum of its shares of what the cluster has of each kind.</summary>
    private readonly double[] _worth;

    private readonly Resources _total;

    public NodePools(ClusterSpec cluster)
    {
        _pools = [.. cluster.Agents.Select(a => new PoolState(a))];
        _total = _pools.Aggregate(default(Resources), (sum, pool) => sum + (pool.Node * pool.Count));
        _worth = [.. _pools.Select(pool => Enumerable.Range(0, Resources.Kinds).Where(k => _total[k] > 0).Sum(k => (double)pool.Node[k] / _total[k]))];
    }

    public IReadOnlyList<PoolState> Pools => _pools;

    /// <summary>All that the cluster has when every node is up.</summary>
    public Resources Total => _total;

    /// <summary>Sum over the nodes that take jobs.</summary>
    public Resources Free => _pools.Aggregate(default(Resources), (sum, pool) => sum + pool.Free);

    public bool Fits(Resources needs)
    {
        foreach (var pool in _pools)
        {
            if (pool.FewestNodes(needs) > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The pool in which the job blocks the least: the nodes it fills by the kind it needs most of them, times the worth of a node. Idle
    /// GPUs beside a job that needs none are so costly that it goes elsewhere while it can. Between equals the speciality decides, then
    /// the order of the agents. Null: it fits nowhere now.
    /// </summary>
    public Placement? Choose(Resources needs)
    {
        var (best, parts, least, matches) = (-1, 0, double.MaxValue, false);
        for (var pool = 0; pool < _pools.Length; pool++)
        {
            if (_pools[pool].FewestNodes(needs) is > 0 and var count)
            {
                var blocked = Blocked(pool, needs.Share(count), count);
                var match = _pools[pool].Speciality == Specialities[MostNeeded(needs)];
                if (blocked < least || (blocked == least && match && !matches))
                {
                    (best, parts, least, matches) = (pool, count, blocked, match);
                }
            }
        }

        return best < 0 ? null : Place(best, needs, parts);
    }

    /// <summary>What the job would block in a pool, as a sum of shares of what the cluster has of each kind; null: it does not fit there now.</summary>
    public double? CostIn(int pool, Resources needs) => _pools[pool].FewestNodes(needs) is > 0 and var parts ? Blocked(pool, needs.Share(parts), parts) : null;

    /// <summary>The best nodes of one pool; null: it does not fit there now.</summary>
    public Placement? ChooseIn(int pool, Resources needs) => _pools[pool].FewestNodes(needs) is > 0 and var parts ? Place(pool, needs, parts) : null;

    public void Take(Placement placement) => _pools[placement.Pool].Take(placement.Nodes, placement.Share);

    public void Give(Placement placement) => _pools[placement.Pool].Give(placement.Nodes, placement.Share);

    /// <summary>What each pool lacks for a job even when it is empty and whole; nothing: the job can run one day.</summary>
    public IReadOnlyList<Shortage> Shortages(Resources needs)
    {
        var all = new List<Shortage>();
        foreach (var pool in _pools)
        {
            if (pool.Holds(needs))
            {
                return [];
            }

            var has = pool.Node * pool.MostNodes;
            all.AddRange(Enumerable.Range(0, Resources.Kinds).Where(k => needs[k] > has[k]).Select(k => new Shortage(pool.Name, k, needs[k] - has[k])));
        }

        return all;
    }

    /// <summary>The kind of which a job takes the largest part of the whole cluster.</summary>
    public int MostNeeded(Resources needs)
    {
        var (most, kind) = (-1.0, 0);
        for (var k = 0; k < Resources.Kinds; k++)
        {
            if (_total[k] > 0 && (double)needs[k] / _total[k] is var part && part > most)
            {
                (most, kind) = (part, k);
            }
        }

        return kind;
    }

    /// <summary>Becomes equal to another state of the same cluster.</summary>
    public void CopyFrom(NodePools other)
    {
        for (var pool = 0; pool < _pools.Length; pool++)
        {
            _pools[pool].CopyFrom(other._pools[pool]);
        }
    }

    private Placement Place(int pool, Resources needs, int parts)
    {
        var share = needs.Share(parts);
        return new Placement(pool, _pools[pool].Tightest(share, parts), share);
    }

    private double Blocked(int pool, Resources share, int nodes)
    {
        var fills = 0.0;
        for (var kind = 0; kind < Resources.Kinds; kind++)
        {
            if (share[kind] > 0)
            {
                fills = Math.Max(fills, (double)share[kind] / _pools[pool].Node[kind]);
            }
        }

        return fills * nodes * _worth[pool];
    }
}

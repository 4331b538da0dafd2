using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place;

/// <summary>
/// Which nodes the backend has taken from use, drained or down, and which nodes of the decided state stand for them: a pool of equal
/// nodes is counted, and the backend may name its nodes otherwise.
/// </summary>
/// <param name="backend">Whose nodes.</param>
/// <param name="time">The cluster's.</param>
/// <param name="runningOn">Names of the jobs that it runs on a node.</param>
internal sealed class NodeWatch(IJobBackend backend, IJobTime time, Func<BackendNode, IEnumerable<string>> runningOn)
{
    /// <summary>Between two looks, in the cluster's time.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<(string Pool, string Name), int> _standIns = [];
    private IReadOnlyList<BackendNode> _seen = [];
    private TimeSpan? _looked;

    public async Task UpdateAsync(CancellationToken cancellationToken)
    {
        if ((_looked is not { } at || time.Now - at >= Interval) && (await backend.DescribeAsync(cancellationToken)).Value is { } seen)
        {
            (_seen, _looked) = (seen, time.Now);
        }
    }

    /// <summary>What the next round is to tell: the first changes since the last one, at most <see cref="PlacementRecord.MaxNodeChanges"/>.</summary>
    public IReadOnlyList<NodeChange> Propose(PlacementState state)
    {
        var changes = new List<NodeChange>();
        var taken = _standIns.Select(s => (s.Key.Pool, Node: s.Value)).ToHashSet();
        foreach (var node in _seen.Where(n => n.Name.Length <= PlacementRecord.MaxNodeName))
        {
            var isOut = node.State is BackendNodeState.Drained or BackendNodeState.Down;
            var known = _standIns.TryGetValue((node.Pool, node.Name), out var standIn);
            if (isOut == known || changes.Count == PlacementRecord.MaxNodeChanges)
            {
                continue;
            }

            if (known)
            {
                changes.Add(new NodeChange(node.Pool, standIn, node.Name, IsUp: true));
            }
            else if (StandIn(state.Cluster, node, n => taken.Contains((node.Pool, n))) is { } chosen && taken.Add((node.Pool, chosen)))
            {
                changes.Add(new NodeChange(node.Pool, chosen, node.Name, IsUp: false));
            }
        }

        return changes;
    }

    /// <summary>The agents have taken note of changes.</summary>
    public void Note(IReadOnlyList<NodeChange> changes)
    {
        foreach (var change in changes)
        {
            _ = change.IsUp ? _standIns.Remove((change.Agent, change.Name)) : _standIns.TryAdd((change.Agent, change.Name), change.Node);
        }
    }

    /// <summary>
    /// The node of that name; else one that a job holds which goes on there, since that part stays in use until it ends; else the
    /// emptiest, as what ran on a node that is down starts again on the others. Null: all are out.
    /// </summary>
    private int? StandIn(ClusterState cluster, BackendNode node, Predicate<int> isTaken)
    {
        var pool = cluster.PoolOf(node.Pool);
        var free = Enumerable.Range(0, cluster.Pools[pool].Count).Where(n => !isTaken(n)).ToList();
        var held = node.State == BackendNodeState.Drained ? runningOn(node).SelectMany(j => cluster.Find(j)?.Placement.Nodes ?? []) : [];
        int[] candidates =
        [
            .. free.Where(n => BackendWatch.NamesOf(node.Pool, [n])[0] == node.Name),
            .. held.Where(free.Contains),
            .. free.OrderByDescending(n => cluster.Pools[pool].FreeOn(n).CpuCores).ThenByDescending(n => n).Take(1),
        ];
        return candidates.Length > 0 ? candidates[0] : null;
    }
}

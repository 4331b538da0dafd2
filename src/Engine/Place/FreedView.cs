using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place;

/// <summary>A cluster as it will be once the jobs that have ended are released.</summary>
internal sealed class FreedView : IClusterView
{
    /// <param name="cluster">As it is.</param>
    /// <param name="ended">Jobs that have ended.</param>
    /// <param name="nodes">Overwritten, and used as long as the view is.</param>
    public FreedView(ClusterState cluster, IReadOnlyCollection<string> ended, NodePools nodes)
    {
        Nodes = nodes;
        Nodes.CopyFrom(cluster.Nodes);
        var gone = ended.ToHashSet(StringComparer.Ordinal);
        foreach (var allocation in ended.Select(cluster.Find).OfType<Allocation>())
        {
            Nodes.Give(allocation.Placement);
        }

        Running = ended.Count == 0 ? cluster.Running : [.. cluster.Running.Where(a => !gone.Contains(a.Job))];
        Version = cluster.Version;
    }

    public NodePools Nodes { get; }

    public IReadOnlyCollection<Allocation> Running { get; }

    public long Version { get; }
}

using System.Runtime.InteropServices;
using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place.Cluster;

/// <summary>Where a job may run: on some nodes of one pool, the same share on each.</summary>
/// <param name="Pool">Its place among the cluster's agents.</param>
/// <param name="Nodes">Numbers from 0 on, all different.</param>
/// <param name="Share">What it takes on each node.</param>
public sealed record Placement(int Pool, IReadOnlyList<int> Nodes, Resources Share)
{
    /// <summary>What it takes altogether; by rounding up maybe a little more than the job names.</summary>
    public Resources Total => Share * Nodes.Count;
}

/// <summary>What a running job holds.</summary>
/// <param name="Job">The job's name.</param>
/// <param name="Placement">Where.</param>
/// <param name="EndsBy">When its walltime is over, since the start of the run.</param>
/// <param name="Sequence">Allocations in the order in which they were made.</param>
public sealed record Allocation(string Job, Placement Placement, TimeSpan EndsBy, long Sequence);

/// <summary>A node that takes no jobs.</summary>
/// <param name="Pool">Its pool's place among the cluster's agents.</param>
/// <param name="Node">Its number in the pool.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct NodeOut(int Pool, int Node);

/// <summary>How much of one kind even the whole, empty pool lacks for a job.</summary>
public sealed record Shortage(string Pool, int Kind, long Missing)
{
    public override string ToString() => $"{Pool} lacks {Resources.Describe(Kind, Missing)}";
}

/// <summary>What a policy may see of a cluster.</summary>
public interface IClusterView
{
    /// <summary>The nodes with what is free on them. Not to be changed: copy it first.</summary>
    NodePools Nodes { get; }

    /// <summary>Running jobs, the first to reach its walltime first.</summary>
    IReadOnlyCollection<Allocation> Running { get; }

    /// <summary>Changes whenever anything is allocated, released, lost or regained.</summary>
    long Version { get; }
}

using System.Numerics;
using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place.Cluster;

/// <summary>
/// Equal nodes, and what is free on each. Nodes with the same free amounts form a group, so that a choice looks at the few groups
/// rather than at every node. Not for several threads at once.
/// </summary>
public sealed class PoolState
{
    private const int None = -1;
    private const int BitsPerWord = 64;

    private readonly Resources[] _free;
    private readonly int[] _groupOf;
    private readonly bool[] _down;
    private readonly int _words;
    private readonly int[] _tally;
    private readonly List<(double Left, Resources Free, int Group)> _fitting = [];
    private readonly double[] _inverse = new double[Resources.Kinds];

    private Resources[] _groups = new Resources[8];
    private int[] _counts = new int[8];
    private ulong[] _members;
    private int _groupCount;
    private bool _poolDown;

    public PoolState(AgentSpec agent)
    {
        (Name, Speciality, Node, Count) = (agent.Name, agent.Speciality, agent.Node.Has(), agent.Nodes);
        MostNodes = Math.Min(Count, JobSpec.MaxNodes);
        _words = (Count + BitsPerWord - 1) / BitsPerWord;
        (_free, _groupOf, _down, _tally) = (new Resources[Count], new int[Count], new bool[Count], new int[MostNodes + 1]);
        _members = new ulong[_words * _groups.Length];
        Array.Fill(_groupOf, None);
        Array.Fill(_free, Node);
        for (var kind = 0; kind < Resources.Kinds; kind++)
        {
            _inverse[kind] = Node[kind] > 0 ? 1.0 / Node[kind] : 0;
        }

        for (var node = 0; node < Count; node++)
        {
            Join(node);
        }
    }

    public string Name { get; }

    public string Speciality { get; }

    /// <summary>What one empty node has.</summary>
    public Resources Node { get; }

    /// <summary>How many nodes there are, down ones included.</summary>
    public int Count { get; }

    /// <summary>On how many nodes one job may run.</summary>
    public int MostNodes { get; }

    /// <summary>Whether one job may take so much of the pool when it is empty and whole.</summary>
    public bool Holds(Resources needs) => needs.Fits(Node * MostNodes);

    /// <summary>Nodes that take jobs.</summary>
    public int NodesUp { get; private set; }

    /// <summary>Sum over the nodes that take jobs.</summary>
    public Resources Free { get; private set; }

    /// <summary>What is free on a node; on one that is down, what would be.</summary>
    public Resources FreeOn(int node) => _free[node];

    public bool IsUp(int node) => _groupOf[node] != None;

    /// <summary>The node takes jobs, and has so much free.</summary>
    public bool Fits(int node, Resources share) => IsUp(node) && share.Fits(FreeOn(node));

    /// <summary>The node itself is out of use, whatever its pool is.</summary>
    public bool IsOut(int node) => _down[node];

    /// <summary>The fewest nodes that hold a job as equal tasks; 0: they cannot now. Equal tasks fit a node from the same number on, so one pass over the groups tells.</summary>
    public int FewestNodes(Resources needs)
    {
        if (!needs.Fits(Free))
        {
            return 0;
        }

        for (var group = 0; group < _groupCount; group++)
        {
            if (needs.Fits(_groups[group]))
            {
                return 1;
            }
        }

        Array.Clear(_tally);
        for (var group = 0; group < _groupCount; group++)
        {
            if (PartsFor(needs, _groups[group], MostNodes) is > 0 and var parts)
            {
                _tally[parts] += _counts[group];
            }
        }

        var nodes = 0;
        for (var parts = 2; parts <= MostNodes; parts++)
        {
            nodes += _tally[parts];
            if (nodes >= parts)
            {
                return parts;
            }
        }

        return 0;
    }

    /// <summary>The nodes where the least stays free, lowest numbers first.</summary>
    /// <param name="share">What is taken on each.</param>
    /// <param name="count">As many as <see cref="FewestNodes"/> found.</param>
    public int[] Tightest(Resources share, int count)
    {
        _fitting.Clear();
        for (var group = 0; group < _groupCount; group++)
        {
            if (share.Fits(_groups[group]))
            {
                _fitting.Add((LeftOf(_groups[group] - share), _groups[group], group));
            }
        }

        // The order of groups depends on what happened before; the choice must not.
        _fitting.Sort(static (a, b) => a.Left != b.Left ? a.Left.CompareTo(b.Left) : Compare(a.Free, b.Free));
        var nodes = new int[count];
        var found = 0;
        foreach (var (_, _, group) in _fitting)
        {
            for (var word = 0; word < _words && found < count; word++)
            {
                for (var bits = _members[(group * _words) + word]; bits != 0 && found < count; bits &= bits - 1)
                {
                    nodes[found++] = (word * BitsPerWord) + BitOperations.TrailingZeroCount(bits);
                }
            }
        }

        return found == count ? nodes : throw new InvalidOperationException($"{Name} has {found} nodes with {share} free, not {count}");
    }

    /// <exception cref="InvalidOperationException">A node is down or named twice, or has too little free; nothing is taken.</exception>
    public void Take(IReadOnlyList<int> nodes, Resources share)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            if (!Fits(nodes[i], share) || share.CpuCores < 0 || share.MemoryMb < 0 || share.Gpus < 0 || share.StorageGb < 0)
            {
                throw new InvalidOperationException($"node {nodes[i]} of {Name} {(IsUp(nodes[i]) ? $"has {_free[nodes[i]]} free, not {share}" : "is down")}");
            }
        }

        for (var i = 0; i < nodes.Count; i++)
        {
            if (!share.Fits(_free[nodes[i]]))
            {
                Give(nodes.Take(i), share);
                throw new InvalidOperationException($"node {nodes[i]} of {Name} is named twice");
            }

            Set(nodes[i], _free[nodes[i]] - share);
        }
    }

    /// <exception cref="InvalidOperationException">More than the node has would be free.</exception>
    public void Give(IEnumerable<int> nodes, Resources share)
    {
        foreach (var node in nodes)
        {
            var free = _free[node] + share;
            Set(node, free.Fits(Node) ? free : throw new InvalidOperationException($"node {node} of {Name} would have {free} free of {Node}"));
        }
    }

    /// <summary>Takes a node, or with the pool all of them, from use or back into it. What runs there is not touched.</summary>
    public void SetDown(int node, bool down)
    {
        _down[node] = down;
        Refresh(node);
    }

    /// <inheritdoc cref="SetDown"/>
    public void SetPoolDown(bool down)
    {
        _poolDown = down;
        for (var node = 0; node < Count; node++)
        {
            Refresh(node);
        }
    }

    /// <summary>Becomes equal to another state of the same pool.</summary>
    public void CopyFrom(PoolState other)
    {
        if (_groups.Length < other._groupCount)
        {
            (_groups, _counts, _members) = (new Resources[other._groups.Length], new int[other._groups.Length], new ulong[other._members.Length]);
        }

        Array.Copy(other._free, _free, Count);
        Array.Copy(other._groupOf, _groupOf, Count);
        Array.Copy(other._down, _down, Count);
        Array.Copy(other._groups, _groups, other._groupCount);
        Array.Copy(other._counts, _counts, other._groupCount);
        Array.Copy(other._members, _members, other._groupCount * _words);
        (_groupCount, _poolDown, NodesUp, Free) = (other._groupCount, other._poolDown, other.NodesUp, other.Free);
    }

    /// <summary>In how many equal parts a job must go so that one part fits; 0: it never does with the parts allowed.</summary>
    private static int PartsFor(Resources needs, Resources free, int most)
    {
        long parts = 1;
        for (var kind = 0; kind < Resources.Kinds; kind++)
        {
            var (need, has) = (needs[kind], free[kind]);
            if (need > has)
            {
                if (has == 0)
                {
                    return 0;
                }

                parts = Math.Max(parts, (need + has - 1) / has);
            }
        }

        return parts <= most ? (int)parts : 0;
    }

    private double LeftOf(Resources left) =>
        (left.CpuCores * _inverse[0]) + (left.MemoryMb * _inverse[1]) + (left.Gpus * _inverse[2]) + (left.StorageGb * _inverse[3]);

    private static int Compare(Resources a, Resources b)
    {
        for (var kind = 0; kind < Resources.Kinds; kind++)
        {
            if (a[kind] != b[kind])
            {
                return a[kind].CompareTo(b[kind]);
            }
        }

        return 0;
    }

    private void Set(int node, Resources free)
    {
        var up = IsUp(node);
        if (up)
        {
            Leave(node);
        }

        _free[node] = free;
        if (up)
        {
            Join(node);
        }
    }

    private void Refresh(int node)
    {
        var up = !_down[node] && !_poolDown;
        if (up && !IsUp(node))
        {
            Join(node);
        }
        else if (!up && IsUp(node))
        {
            Leave(node);
        }
    }

    private void Join(int node)
    {
        var group = Array.IndexOf(_groups, _free[node], 0, _groupCount);
        if (group < 0)
        {
            group = _groupCount++;
            if (group == _groups.Length)
            {
                Array.Resize(ref _groups, group * 2);
                Array.Resize(ref _counts, group * 2);
                Array.Resize(ref _members, group * 2 * _words);
            }

            (_groups[group], _counts[group]) = (_free[node], 0);
            Array.Clear(_members, group * _words, _words);
        }

        _counts[group]++;
        _members[(group * _words) + (node / BitsPerWord)] |= 1UL << (node % BitsPerWord);
        _groupOf[node] = group;
        NodesUp++;
        Free += _free[node];
    }

    private void Leave(int node)
    {
        var group = _groupOf[node];
        _members[(group * _words) + (node / BitsPerWord)] &= ~(1UL << (node % BitsPerWord));
        _groupOf[node] = None;
        NodesUp--;
        Free -= _free[node];
        if (--_counts[group] == 0)
        {
            MoveLastTo(group);
        }
    }

    /// <summary>Fills the place of an empty group with the last one.</summary>
    private void MoveLastTo(int group)
    {
        var last = --_groupCount;
        if (last == group)
        {
            return;
        }

        (_groups[group], _counts[group]) = (_groups[last], _counts[last]);
        Array.Copy(_members, last * _words, _members, group * _words, _words);
        for (var word = 0; word < _words; word++)
        {
            for (var bits = _members[(group * _words) + word]; bits != 0; bits &= bits - 1)
            {
                _groupOf[(word * BitsPerWord) + BitOperations.TrailingZeroCount(bits)] = group;
            }
        }
    }
}

using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Metrics;

/// <summary>
/// How far a plan moved from one version to the next. Edits is the weighted sum, Value is Edits over the old graph's
/// nodes and edges (may exceed 1), Bounded is Edits over both graphs' total weight (0 to 1).
/// Exact is false when the search met its limit and Edits is the best sum found until then.
/// </summary>
public sealed record EditDistance(int Edits, double Value, double Bounded, bool Exact);

/// <summary>
/// Task graph edit distance, weighted by depth: a node edit weighs <c>min(2^depth, 16)</c>, an edge edit 1.
/// Depth is the longest path from any source, 0-based; deletions use the old graph's depth, insertions the new one's.
/// A changed node is a deletion and an insertion. Identical nodes are matched so that the sum is the smallest.
/// </summary>
public static class TaskGraphEditDistance
{
    /// <summary>Search states after which the best matching so far is taken.</summary>
    public const int MaxStates = 2_000_000;

    private const int MaxNodeWeight = 16;

    /// <exception cref="ArgumentException">A graph has a cycle, or a dependency that is not in it.</exception>
    public static EditDistance Compute(IReadOnlyList<PlanTask> before, IReadOnlyList<PlanTask> after)
    {
        var old = WeightedGraph.Create(before);
        var @new = WeightedGraph.Create(after);
        var search = new MatchingSearch(old, @new);
        var edits = search.Run();
        var size = Math.Max(1, old.Count + old.EdgeCount);
        var total = Math.Max(1, old.TotalWeight + @new.TotalWeight);
        return new EditDistance(edits, (double)edits / size, (double)edits / total, search.Exact);
    }

    private sealed record WeightedGraph(string[] Labels, int[] Weights, bool[,] Edges, int EdgeCount)
    {
        public int Count => Labels.Length;

        public int TotalWeight => Weights.Sum() + EdgeCount;

        public static WeightedGraph Create(IReadOnlyList<PlanTask> tasks)
        {
            var index = new Dictionary<string, int>(tasks.Count, StringComparer.Ordinal);
            for (var i = 0; i < tasks.Count; i++)
            {
                index.Add(tasks[i].TaskId, i);
            }

            var edges = new bool[tasks.Count, tasks.Count];
            var count = 0;
            for (var to = 0; to < tasks.Count; to++)
            {
                foreach (var dependency in tasks[to].Dependencies.Distinct(StringComparer.Ordinal))
                {
                    var from = index.TryGetValue(dependency, out var found)
                        ? found
                        : throw new ArgumentException($"task {tasks[to].TaskId} depends on {dependency}, which is not in the plan", nameof(tasks));
                    edges[from, to] = true;
                    count++;
                }
            }

            var weights = Depths(edges).Select(d => d >= 4 ? MaxNodeWeight : 1 << d).ToArray();
            return new WeightedGraph([.. tasks.Select(TaskIdentity.Of)], weights, edges, count);
        }

        /// <summary>Relaxes n times; a depth that still grows in the n-th round lies on a cycle.</summary>
        private static int[] Depths(bool[,] edges)
        {
            var count = edges.GetLength(0);
            var depths = new int[count];
            for (var round = 0; round <= count; round++)
            {
                var changed = false;
                for (var from = 0; from < count; from++)
                {
                    for (var to = 0; to < count; to++)
                    {
                        if (edges[from, to] && depths[to] < depths[from] + 1)
                        {
                            depths[to] = depths[from] + 1;
                            changed = true;
                        }
                    }
                }

                if (!changed)
                {
                    return depths;
                }
            }

            throw new ArgumentException("the plan has a cycle", nameof(edges));
        }
    }

    /// <summary>
    /// Branch and bound over the matchings of identical nodes. Matching as many as possible within a label is never worse
    /// (a match saves two node edits and can only keep edges), so an old node is left out only when its label is in surplus.
    /// </summary>
    private sealed class MatchingSearch(WeightedGraph old, WeightedGraph @new)
    {
        private readonly int[] _match = new int[old.Count];
        private readonly bool[] _used = new bool[@new.Count];
        private readonly Dictionary<string, int> _surplus = Surplus(old, @new);
        private int _best = int.MaxValue;
        private int _states;

        public bool Exact => _states < MaxStates;

        public int Run()
        {
            // Everything the new graph has is an insertion until a match takes it off the sum.
            Visit(0, @new.TotalWeight);
            return _best;
        }

        private static Dictionary<string, int> Surplus(WeightedGraph old, WeightedGraph @new)
        {
            var surplus = old.Labels.GroupBy(l => l, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
            foreach (var label in @new.Labels.Where(surplus.ContainsKey))
            {
                surplus[label]--;
            }

            return surplus;
        }

        private void Visit(int node, int cost)
        {
            if (_states >= MaxStates && _best != int.MaxValue)
            {
                return;
            }

            _states++;
            if (node == old.Count)
            {
                _best = Math.Min(_best, cost);
                return;
            }

            if (LowerBound(node, cost) >= _best)
            {
                return;
            }

            var label = old.Labels[node];
            for (var candidate = 0; candidate < @new.Count; candidate++)
            {
                if (!_used[candidate] && @new.Labels[candidate] == label)
                {
                    _used[candidate] = true;
                    _match[node] = candidate;
                    Visit(node + 1, cost - @new.Weights[candidate] + EdgeDelta(node));
                    _used[candidate] = false;
                }
            }

            if (_surplus[label] > 0)
            {
                _surplus[label]--;
                _match[node] = -1;
                Visit(node + 1, cost + old.Weights[node] + EdgeDelta(node));
                _surplus[label]++;
            }
        }

        /// <summary>Each old edge between this node and earlier ones is kept (one insertion less) or deleted (one more).</summary>
        private int EdgeDelta(int node)
        {
            var delta = 0;
            for (var other = 0; other < node; other++)
            {
                delta += Delta(node, other) + Delta(other, node);
            }

            return delta;
        }

        private int Delta(int from, int to)
        {
            if (!old.Edges[from, to])
            {
                return 0;
            }

            return _match[from] >= 0 && _match[to] >= 0 && @new.Edges[_match[from], _match[to]] ? -1 : 1;
        }

        /// <summary>No remaining node can take more off the sum than its heaviest partner and all of its old edges.</summary>
        private int LowerBound(int node, int cost)
        {
            for (var rest = node; rest < old.Count; rest++)
            {
                var heaviest = 0;
                for (var candidate = 0; candidate < @new.Count; candidate++)
                {
                    if (!_used[candidate] && @new.Labels[candidate] == old.Labels[rest])
                    {
                        heaviest = Math.Max(heaviest, @new.Weights[candidate]);
                    }
                }

                cost -= heaviest;
                for (var other = 0; other < rest; other++)
                {
                    cost -= (old.Edges[rest, other] ? 1 : 0) + (old.Edges[other, rest] ? 1 : 0);
                }
            }

            return cost;
        }
    }
}

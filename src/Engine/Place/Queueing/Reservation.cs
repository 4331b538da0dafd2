using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place.Queueing;

/// <summary>
/// When the first in order will start at the latest, if running jobs take all of their walltime, and what else will be free then. A job
/// may go before it if it ends by then, or takes only what is left over then (Mu'alem and Feitelson 2001, figure 2, with vectors in the
/// place of processor counts).
/// </summary>
internal sealed class Reservation(NodePools nodes)
{
    private readonly List<(TimeSpan Ends, long Sequence, Placement Placement)> _ends = [];
    private Resources _needs;

    /// <summary>Null: it cannot start even when all running jobs have ended, because nodes are down.</summary>
    public TimeSpan? At { get; private set; }

    /// <param name="needs">What the first in order needs.</param>
    /// <param name="now">The time.</param>
    /// <param name="free">The nodes now, with what is about to start taken.</param>
    /// <param name="view">The running jobs.</param>
    /// <param name="starts">What is about to start.</param>
    public void Make(Resources needs, TimeSpan now, NodePools free, IClusterView view, IReadOnlyList<Start> starts)
    {
        _needs = needs;
        nodes.CopyFrom(free);
        _ends.Clear();
        foreach (var running in view.Running)
        {
            _ends.Add((running.EndsBy < now ? now : running.EndsBy, running.Sequence, running.Placement));
        }

        for (var i = 0; i < starts.Count; i++)
        {
            _ends.Add((now + starts[i].Job.Walltime, long.MaxValue - starts.Count + i, starts[i].Placement));
        }

        if (starts.Count > 0)
        {
            _ends.Sort(static (a, b) => a.Ends != b.Ends ? a.Ends.CompareTo(b.Ends) : a.Sequence.CompareTo(b.Sequence));
        }

        At = null;
        foreach (var (ends, _, placement) in _ends)
        {
            if (At is { } at && ends > at)
            {
                return;
            }

            nodes.Give(placement);
            if (At is null && nodes.Pools[placement.Pool].FewestNodes(needs) > 0)
            {
                At = ends;
            }
        }
    }

    /// <summary>Whether a job that starts now leaves the reservation as it is. If so, it is counted in.</summary>
    public bool Admits(Placement placement, TimeSpan ends)
    {
        if (At is not { } at || ends <= at)
        {
            return true;
        }

        nodes.Take(placement);
        if (nodes.Fits(_needs))
        {
            return true;
        }

        nodes.Give(placement);
        return false;
    }
}

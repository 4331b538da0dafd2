using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;
using Quorate.Engine.Place.Votes;

namespace Quorate.Engine.Place.Choosers;

/// <summary>Chooses the pools that are proposed for the jobs that come next.</summary>
public interface IPoolChooser
{
    /// <summary>Together the choices fit; a job for which there is none now is left out.</summary>
    /// <param name="starts">Who comes next, with the pool that fits best.</param>
    /// <param name="free">The nodes as they are; may be changed.</param>
    /// <param name="refused">Pools that the agents have refused, by job.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    Task<IReadOnlyList<PoolChoice>> ChooseAsync(IReadOnlyList<Start> starts, NodePools free, IReadOnlyDictionary<string, List<string>> refused, CancellationToken cancellationToken);
}

/// <summary>Where a job is proposed to run. Basis: see <see cref="Agreement.Proposal.Basis"/>.</summary>
public sealed record PoolChoice(QueuedJob Job, Placement Placement, string? Basis);

/// <summary>Goes by the fit alone.</summary>
public sealed class FitChooser : IPoolChooser
{
    /// <summary>The pool that fits best would delay a job that comes first.</summary>
    private const string Backfill = "backfill";

    public Task<IReadOnlyList<PoolChoice>> ChooseAsync(IReadOnlyList<Start> starts, NodePools free, IReadOnlyDictionary<string, List<string>> refused, CancellationToken cancellationToken)
    {
        var choices = new List<PoolChoice>();
        foreach (var start in starts)
        {
            if (Choose(start, free, refused.GetValueOrDefault(start.Job.Name) ?? []) is { } choice)
            {
                free.Take(choice.Placement);
                choices.Add(choice);
            }
        }

        return Task.FromResult<IReadOnlyList<PoolChoice>>(choices);
    }

    /// <summary>The choice for one job; the nodes stay free.</summary>
    internal static PoolChoice? Choose(Start start, NodePools free, IReadOnlyList<string> closed)
    {
        var best = closed.Count == 0 ? free.Choose(start.Job.Needs) : RuleVotes.Without(free, closed, n => n.Choose(start.Job.Needs));
        var isOther = closed.Count == 0 && start.Backfilled && best?.Pool != start.Placement.Pool;
        return (isOther ? start.Placement : best) is { } placement ? new PoolChoice(start.Job, placement, isOther ? Backfill : null) : null;
    }
}

using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;
using Quorate.Engine.Place.Votes;

namespace Quorate.Engine.Place.Choosers;

/// <summary>Chooses the pools that are proposed for the jobs that come next.</summary>
public interface IPoolChooser
{
    /// <summary>What its proposals rest on beside the fit; null: nothing.</summary>
    CertifiedChoices? Certified => null;

    /// <summary>Together the choices fit; a job for which there is none now is left out, and the next one takes its turn.</summary>
    /// <param name="starts">Who comes next, with the pool that fits best; one that is backfilled stays in it, where it delays nobody.</param>
    /// <param name="most">Choices, at most.</param>
    /// <param name="free">The nodes as they are; may be changed.</param>
    /// <param name="refused">Pools that the agents have refused, by job.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    Task<IReadOnlyList<PoolChoice>> ChooseAsync(IReadOnlyList<Start> starts, int most, NodePools free, IReadOnlyDictionary<string, List<string>> refused, CancellationToken cancellationToken);
}

/// <summary>Where a job is proposed to run. Basis: see <see cref="Proposal.Basis"/>.</summary>
public sealed record PoolChoice(QueuedJob Job, Placement Placement, string? Basis)
{
    /// <summary>One job after the other, each on what those before it leave free, until there are enough.</summary>
    /// <param name="starts">Who comes next.</param>
    /// <param name="most">Choices, at most.</param>
    /// <param name="free">The nodes as they are; those that are chosen are taken.</param>
    /// <param name="refused">Pools that the agents have refused, by job.</param>
    /// <param name="choose">The choice for one job, with the pools that are closed to it; null: there is none.</param>
    internal static async Task<IReadOnlyList<PoolChoice>> EachAsync(IReadOnlyList<Start> starts, int most, NodePools free, IReadOnlyDictionary<string, List<string>> refused, Func<Start, IReadOnlyList<string>, ValueTask<PoolChoice?>> choose)
    {
        var choices = new List<PoolChoice>();
        foreach (var start in starts)
        {
            if (choices.Count == most)
            {
                break;
            }

            if (await choose(start, refused.GetValueOrDefault(start.Job.Name) ?? []) is { } choice)
            {
                free.Take(choice.Placement);
                choices.Add(choice);
            }
        }

        return choices;
    }
}

/// <summary>Goes by the fit alone.</summary>
public sealed class FitChooser : IPoolChooser
{
    public Task<IReadOnlyList<PoolChoice>> ChooseAsync(IReadOnlyList<Start> starts, int most, NodePools free, IReadOnlyDictionary<string, List<string>> refused, CancellationToken cancellationToken) =>
        PoolChoice.EachAsync(starts, most, free, refused, (start, closed) => ValueTask.FromResult(Choose(start, free, closed)));

    /// <summary>The choice for one job; the nodes stay free.</summary>
    internal static PoolChoice? Choose(Start start, NodePools free, IReadOnlyList<string> closed)
    {
        var best = closed.Count == 0 ? free.Choose(start.Job.Needs) : RuleVotes.Without(free, closed, n => n.Choose(start.Job.Needs));
        var pool = free.Pools[start.Placement.Pool];
        if (!start.Backfilled || best?.Pool == start.Placement.Pool || closed.Contains(pool.Name))
        {
            return best is null ? null : new PoolChoice(start.Job, best, null);
        }

        // Those before it may have gone elsewhere than the queue thought.
        return start.Placement.Nodes.All(n => pool.Fits(n, start.Placement.Share)) ? new PoolChoice(start.Job, start.Placement, CertifiedChoices.Backfill) : null;
    }
}

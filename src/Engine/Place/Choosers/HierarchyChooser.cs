using Quorate.Contracts.Placing;
using Quorate.Engine.Coordination;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;

namespace Quorate.Engine.Place.Choosers;

/// <summary>
/// Organises the agents into a hierarchy for the whole graph of jobs; a job goes to the agent that has its role, as its
/// coordinator says. When an agent is out, only what its loss affects is organised anew. Where the role's pool is full or
/// refused the fit decides.
/// </summary>
public sealed class HierarchyChooser : IPoolChooser
{
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private readonly ClusterSpec _cluster;

    /// <exception cref="Contracts.QuorateException">Input: more than 1,000 jobs, or a cycle among them.</exception>
    public HierarchyChooser(ClusterSpec cluster, IReadOnlyList<JobSpec> jobs) => (_cluster, Hierarchy) = (cluster, JobHierarchy.Organise(jobs, JobHierarchy.Profiles(cluster)));

    /// <summary>As it is now.</summary>
    public JobHierarchy Hierarchy { get; private set; }

    public Task<IReadOnlyList<PoolChoice>> ChooseAsync(IReadOnlyList<Start> starts, NodePools free, IReadOnlyDictionary<string, List<string>> refused, CancellationToken cancellationToken)
    {
        foreach (var gone in free.Pools.Where(p => p.NodesUp == 0 && _lost.Count < free.Pools.Count - 1 && _lost.Add(p.Name)).ToList())
        {
            Hierarchy = Hierarchy.Lose(gone.Name);
        }

        var choices = new List<PoolChoice>();
        foreach (var start in starts)
        {
            var duty = Hierarchy.Duties.First(d => d.Job == start.Job.Name);
            var closed = refused.GetValueOrDefault(start.Job.Name) ?? [];
            var choice = duty.Worker is { } worker && !closed.Contains(worker) && free.ChooseIn(_cluster.NumberOf(worker), start.Job.Needs) is { } placement
                ? new PoolChoice(start.Job, placement, $"hierarchy {duty.Coordinator}")
                : FitChooser.Choose(start, free, closed);
            if (choice is not null)
            {
                free.Take(choice.Placement);
                choices.Add(choice);
            }
        }

        return Task.FromResult<IReadOnlyList<PoolChoice>>(choices);
    }
}

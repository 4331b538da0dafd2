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
    private readonly FitChooser _fit = new();

    /// <exception cref="Contracts.QuorateException">Input: more than 1,000 jobs, or a cycle among them.</exception>
    public HierarchyChooser(ClusterSpec cluster, IReadOnlyList<JobSpec> jobs) => Hierarchy = JobHierarchy.Organise(jobs, JobHierarchy.Profiles(cluster));

    /// <summary>As it is now.</summary>
    public JobHierarchy Hierarchy { get; private set; }

    public async Task<IReadOnlyList<PoolChoice>> ChooseAsync(IReadOnlyList<Start> starts, NodePools free, IReadOnlyDictionary<string, List<string>> refused, CancellationToken cancellationToken)
    {
        foreach (var gone in free.Pools.Where(p => p.NodesUp == 0 && _lost.Count < free.Pools.Count - 1 && _lost.Add(p.Name)).ToList())
        {
            Hierarchy = Hierarchy.Lose(gone.Name);
        }

        var choices = new List<PoolChoice>();
        foreach (var start in starts)
        {
            var duty = Hierarchy.Duties.First(d => d.Job == start.Job.Name);
            var pool = free.Pools.ToList().FindIndex(p => p.Name == duty.Worker);
            var closed = refused.GetValueOrDefault(start.Job.Name) ?? [];
            if (pool >= 0 && !closed.Contains(free.Pools[pool].Name) && free.ChooseIn(pool, start.Job.Needs) is { } placement)
            {
                free.Take(placement);
                choices.Add(new PoolChoice(start.Job, placement, $"hierarchy {duty.Coordinator}"));
            }
            else
            {
                choices.AddRange(await _fit.ChooseAsync([start], free, refused, cancellationToken));
            }
        }

        return choices;
    }
}

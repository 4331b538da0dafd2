using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Coordination;
using Quorate.Engine.Messages;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Place.Choosers;

/// <summary>
/// Organises the agents into a hierarchy for the whole graph of jobs; a job goes to the agent that has its role, as its
/// coordinator says. When an agent is out, only what its loss affects is organised anew; when one is back, all is. Where the
/// role's pool is full or refused, its agent does not answer, or a backfilled job would delay the one that comes first there, the
/// fit decides. Roles, starts and results are messages on the bus.
/// </summary>
public sealed class HierarchyChooser : IPoolChooser, IPlacementObserver
{
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private readonly ClusterSpec _cluster;
    private readonly IReadOnlyList<JobSpec> _jobs;
    private readonly DutyTalk _talk;
    private readonly string _run;
    private string _basis = "";
    private int _told;
    private bool _isTold;

    /// <param name="cluster">The agents.</param>
    /// <param name="run">Names the conversations.</param>
    /// <param name="jobs">The graph.</param>
    /// <param name="bus">With the agents and the engine on it.</param>
    /// <exception cref="Contracts.QuorateException">Input: more than 1,000 jobs, or a cycle among them.</exception>
    public HierarchyChooser(ClusterSpec cluster, string run, IReadOnlyList<JobSpec> jobs, IAgentBus bus)
    {
        _cluster = cluster;
        (_jobs, _run) = (jobs, run);
        Hierarchy = Organise();
        _talk = new DutyTalk(bus, run);
    }

    public CertifiedChoices Certified { get; } = new();

    /// <summary>As it is now.</summary>
    public JobHierarchy Hierarchy { get; private set; }

    /// <summary>How jobs ended, by name, as their coordinators were told.</summary>
    public IReadOnlyDictionary<string, string> Results => _talk.Results;

    public async Task<IReadOnlyList<PoolChoice>> ChooseAsync(IReadOnlyList<Start> starts, int most, NodePools free, IReadOnlyDictionary<string, List<string>> refused, CancellationToken cancellationToken)
    {
        if (_lost.RemoveWhere(name => free.Pools[_cluster.NumberOf(name)].NodesUp > 0) > 0)
        {
            Hierarchy = _lost.Aggregate(Organise(), (rest, gone) => rest.Lose(gone));
            _isTold = false;
        }

        foreach (var gone in free.Pools.Where(p => p.NodesUp == 0 && _lost.Count < free.Pools.Count - 1 && _lost.Add(p.Name)).ToList())
        {
            Hierarchy = Hierarchy.Lose(gone.Name);
            _isTold = false;
        }

        if (!_isTold)
        {
            Certify();
            await _talk.TellRolesAsync(Hierarchy.Duties, cancellationToken);
            _isTold = true;
        }

        return await PoolChoice.EachAsync(starts, most, free, refused, (start, closed) => ChooseAsync(start, free, closed, cancellationToken));
    }

    private async ValueTask<PoolChoice?> ChooseAsync(Start start, NodePools free, IReadOnlyList<string> closed, CancellationToken cancellationToken)
    {
        var duty = Hierarchy.Duties.First(d => d.Job == start.Job.Name);
        var role = duty.Worker is { } worker && !closed.Contains(worker) ? _cluster.NumberOf(worker) : -1;
        var isFree = role >= 0 && (!start.Backfilled || role == start.Placement.Pool);
        return isFree && await _talk.StartAsync(duty, () => free.ChooseIn(role, start.Job.Needs)?.Nodes, cancellationToken) is { Count: > 0 } nodes
            ? new PoolChoice(start.Job, new Placement(role, nodes, start.Job.Needs.Share(nodes.Count)), _basis)
            : FitChooser.Choose(start, free, closed);
    }

    private JobHierarchy Organise() => JobHierarchy.Organise(_jobs, JobHierarchy.Profiles(_cluster));

    private void Certify()
    {
        var bytes = CanonicalJson.ToBytes(QuorateJson.ToElement(Hierarchy.Result));
        var record = new ChoiceRecord(CertifiedChoices.Hierarchy, $"{_run}.{++_told}", Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes, null);
        _basis = CertifiedChoices.BasisOf(record.Kind, record.Hash);
        Certified.Add(record, Hierarchy.Duties.Where(d => d.Worker is not null).Select(d => (d.Job, d.Worker!)));
    }

    public void On(PlacementProgress progress)
    {
        if (progress.Job is { Execution: { } execution, Agent: not null } ended && Hierarchy.Duties.FirstOrDefault(d => d.Job == ended.Name) is { } duty)
        {
            _talk.Ended(duty, ended.Agent, execution);
        }
    }
}

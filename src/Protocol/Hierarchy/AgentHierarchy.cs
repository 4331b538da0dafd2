using Quorate.Contracts;
using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>
/// Agents organised for a graph of jobs: the graph's complexity, the cheapest structure (<see cref="StructureChoice"/>), its roles
/// (<see cref="RoleTree"/>) and who has them (<see cref="Staffing"/>). Unchangeable: a loss gives a new one. Deterministic.
/// </summary>
public sealed class AgentHierarchy
{
    private readonly OrganiseTask _task;
    private readonly StructureReport _structure;
    private readonly AssignmentComparison _comparison;
    private readonly IReadOnlyList<double> _work;
    private readonly HashSet<string> _lost;
    private readonly IReadOnlyList<Restructuring> _restructurings;

    private AgentHierarchy(OrganiseTask task, JobGraph graph, IReadOnlyList<AgentProfile> agents)
    {
        (_task, Graph, Agents, _lost, _restructurings) = (task, graph, agents, [], []);
        Complexity = ComplexityAnalysis.Of(graph);
        var lanes = WorkerLanes.Of(graph);
        var span = task.Requirements.SpanOfControl;
        _structure = StructureChoice.Of(Complexity, lanes.Count, span, Staffing.CountPlaces(agents, graph.Jobs.Max(j => j.Load), OrganiseTask.MaxJobs));
        Roles = RoleTree.Of(graph, lanes, Chosen, span);
        _work = [.. Roles.Select(r => r.Jobs.Sum(j => graph.Jobs[j].DurationS))];
        var (best, greedy) = Staffing.Assign(Roles, agents, [.. agents.Select(a => a.Capacity)]);
        AgentOf = best.AgentOf;
        _comparison = new AssignmentComparison(best.Value, best.Assigned, greedy.Value, greedy.Assigned, greedy.Value > 0 ? (best.Value / greedy.Value) - 1 : 0);
        Fallbacks = FindFallbacks();
    }

    private AgentHierarchy(AgentHierarchy before, Restructured after, string lost)
    {
        (_task, Graph, Agents, Complexity, Roles) = (before._task, before.Graph, before.Agents, before.Complexity, before.Roles);
        (_structure, _comparison, _work) = (before._structure, before._comparison, before._work);
        _lost = [.. before._lost, lost];
        AgentOf = after.AgentOf;
        var changes = Enumerable.Range(0, Roles.Count).Where(r => AgentOf[r] != before.AgentOf[r]).Select(r => new RoleChange(Roles[r].Name, before.AgentName(r), AgentName(r))).ToList();
        _restructurings = [.. before._restructurings, new Restructuring(lost, after.Scope, changes, Roles.Count - changes.Count)];
        Fallbacks = FindFallbacks();
    }

    public JobGraph Graph { get; }

    public GraphComplexity Complexity { get; }

    /// <summary>The root first, tier by tier, the workers last.</summary>
    public IReadOnlyList<Role> Roles { get; }

    public IReadOnlyList<AgentProfile> Agents { get; }

    /// <summary>The number of each role's agent, or <see cref="LinearAssignment.None"/>.</summary>
    public IReadOnlyList<int> AgentOf { get; }

    /// <summary>Of the roles without an agent, by number.</summary>
    public IReadOnlyDictionary<int, Fallback> Fallbacks { get; }

    private StructureCandidate Chosen => _structure.Candidates.Single(c => c.Chosen);

    /// <param name="task">1 to 1,000 jobs.</param>
    /// <param name="agents">1 to 1,000, of different names.</param>
    /// <exception cref="QuorateException">Input: task_invalid, jobs_cyclic, agents_invalid.</exception>
    public static AgentHierarchy Organise(OrganiseTask task, IReadOnlyList<AgentProfile> agents)
    {
        if (agents.Count is 0 or > AgentsFile.MaxAgents)
        {
            throw QuorateException.Input("agents_invalid", $"there are {agents.Count} agents; 1 to {AgentsFile.MaxAgents} are allowed");
        }

        if (agents.CountBy(a => a.Name).FirstOrDefault(c => c.Value > 1) is { Key: { } twice })
        {
            throw QuorateException.Input("agents_invalid", $"the agent '{twice}' is there twice; once is allowed");
        }

        if (agents.FirstOrDefault(a => !(a.Capacity > 0 && double.IsFinite(a.Capacity)) || a.Skills.Values.Any(s => !(s is >= 0 and <= 1))) is { } wrong)
        {
            throw QuorateException.Input("agents_invalid", $"the agent '{wrong.Name}' has a capacity or skill out of range; a capacity above 0 and skills from 0 to 1 are allowed");
        }

        return task.Requirements.SpanOfControl is >= OrganiseRequirements.LeastSpan and <= OrganiseRequirements.MostSpan
            ? new AgentHierarchy(task, JobGraph.Of(task), agents)
            : throw QuorateException.Input("task_invalid", $"requirements.span_of_control is {task.Requirements.SpanOfControl}; {OrganiseRequirements.LeastSpan} to {OrganiseRequirements.MostSpan} is allowed");
    }

    /// <summary>The hierarchy without an agent: its roles go to others, and as little else as possible changes (<see cref="Restructure"/>).</summary>
    /// <exception cref="QuorateException">Input: agent_unknown, agent_lost (lost before).</exception>
    public AgentHierarchy Lose(string agent)
    {
        var number = Agents.Index().FirstOrDefault(a => a.Item.Name == agent, (LinearAssignment.None, null!)).Index;
        if (number == LinearAssignment.None)
        {
            throw QuorateException.Input("agent_unknown", $"there is no agent '{PlainText.Line(agent, 64)}'; allowed are {PlainText.Line(string.Join(", ", Agents.Select(a => a.Name)), 500)}", "--lose takes the name of an agent of the --agents file");
        }

        return _lost.Contains(agent)
            ? throw QuorateException.Input("agent_lost", $"the agent '{agent}' was lost before; each can be lost once", "name each agent once after --lose")
            : new AgentHierarchy(this, Restructure.Without(number, Roles, AgentOf, Agents, Capacities(agent)), agent);
    }

    /// <summary>Name of a role's agent; null: it has none.</summary>
    public string? AgentName(int role) => AgentOf[role] == LinearAssignment.None ? null : Agents[AgentOf[role]].Name;

    /// <summary>The role whose agent does each job, or <see cref="LinearAssignment.None"/>.</summary>
    public IReadOnlyList<int> Workers() => Performance.Workers(Graph, Roles, AgentOf, Fallbacks);

    public OrganiseResult Result()
    {
        var used = new double[Agents.Count];
        foreach (var (role, agent) in AgentOf.Index().Where(p => p.Item != LinearAssignment.None))
        {
            used[agent] += Roles[role].Load;
        }

        return new OrganiseResult
        {
            Task = _task.Name,
            Levels = Chosen.Levels,
            Roles = [.. Enumerable.Range(0, Roles.Count).Select(RoleResult)],
            AssignmentEfficiency = (double)AgentOf.Count(a => a != LinearAssignment.None) / Roles.Count,
            Load = LoadDistribution.Of(Agents, used, _lost),
            ExpectedPerformance = Performance.Of(Graph, Roles, AgentOf, Agents, Fallbacks, Chosen.TotalS - Chosen.ShortageS, _task.Requirements.DeadlineS),
            Complexity = Complexity,
            Structure = _structure,
            Comparison = _comparison,
            Protocol = ProtocolLinks.Of(Graph, Roles),
            UnassignedAgents = [.. Agents.Where((a, i) => used[i] == 0 && !_lost.Contains(a.Name)).Select(a => a.Name)],
            Restructurings = _restructurings,
        };
    }

    private RoleResult RoleResult(int number)
    {
        var role = Roles[number];
        var fallback = Fallbacks.GetValueOrDefault(number);
        return new RoleResult
        {
            Role = role.Name,
            Kind = role.Kind,
            Agent = AgentName(number),
            Confidence = fallback is null ? Suitability.Of(Agents[AgentOf[number]], role.Skill) : 0,
            Fallback = fallback?.Strategy,
            FallbackRole = fallback is null || fallback.With == LinearAssignment.None ? null : Roles[fallback.With].Name,
            Reason = fallback?.Reason,
            ReportsTo = role.Parent == LinearAssignment.None ? null : Roles[role.Parent].Name,
            Level = role.Level,
            Skill = role.Skill,
            Criticality = role.Criticality,
            Complexity = role.Complexity,
            Load = role.Load,
            Jobs = [.. role.Jobs.Select(j => Graph.Jobs[j].Name)],
        };
    }

    private IReadOnlyDictionary<int, Fallback> FindFallbacks() => Hierarchy.Fallbacks.Of(Roles, AgentOf, Agents, Capacities(null), _work);

    private double[] Capacities(string? without) => [.. Agents.Select(a => a.Name == without || _lost.Contains(a.Name) ? 0 : a.Capacity)];
}

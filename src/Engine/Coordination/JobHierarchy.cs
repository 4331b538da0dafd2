using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Contracts.Placing;
using Quorate.Protocol.Hierarchy;

namespace Quorate.Engine.Coordination;

/// <summary>Who places a job: the worker whose pool it goes to, and the coordinator that answers for it. Null: nobody is left who can.</summary>
/// <param name="Job">Its name.</param>
/// <param name="Stage">0 for jobs without dependencies, else one more than the latest stage of those that it depends on.</param>
/// <param name="Worker">Name of the agent that does it.</param>
/// <param name="Coordinator">Name of the agent of the nearest coordinator above; the worker itself among peers.</param>
public sealed record JobDuty(string Job, int Stage, string? Worker, string? Coordinator);

/// <summary>A graph of jobs to be placed under a hierarchy of a cluster's agents. Unchangeable; a loss gives a new one.</summary>
public sealed class JobHierarchy
{
    private JobHierarchy(AgentHierarchy hierarchy)
    {
        Hierarchy = hierarchy;
        var workers = hierarchy.Workers();
        Duties = [.. hierarchy.Graph.Order.OrderBy(j => hierarchy.Graph.Rank[j]).Select(job => new JobDuty(
            hierarchy.Graph.Jobs[job].Name,
            hierarchy.Graph.Rank[job],
            workers[job] == LinearAssignment.None ? null : hierarchy.AgentName(workers[job]),
            Coordinator(hierarchy, job, workers[job])))];
    }

    public AgentHierarchy Hierarchy { get; }

    /// <summary>In an order in which each job comes after all that it depends on, stage by stage.</summary>
    public IReadOnlyList<JobDuty> Duties { get; }

    /// <summary>Who has which role, what the structure is, and what every loss changed.</summary>
    public OrganiseResult Result => Hierarchy.Result();

    /// <param name="jobs">1 to 1,000; their order breaks ties.</param>
    /// <param name="agents">Profiles; see <see cref="Profiles"/> for a cluster's.</param>
    /// <param name="requirements">Null: the usual.</param>
    /// <exception cref="QuorateException">Input: task_invalid, jobs_cyclic, agents_invalid.</exception>
    public static JobHierarchy Organise(IReadOnlyList<JobSpec> jobs, IReadOnlyList<AgentProfile> agents, OrganiseRequirements? requirements = null) => new(AgentHierarchy.Organise(
        new OrganiseTask
        {
            Name = "jobs",
            Jobs = [.. jobs.Select(j => new OrganiseJob { Name = j.Name, Skill = Kind(j), DurationS = Math.Max(1, j.RuntimeS ?? j.WalltimeS), DependsOn = j.DependsOn })],
            Requirements = requirements ?? new OrganiseRequirements(),
        },
        agents));

    /// <summary>
    /// The agents of a cluster: each can carry as many jobs at once as it has nodes, is best at its speciality, and can do all that its
    /// nodes have the resources for. All may coordinate alike, so that their history decides who does.
    /// </summary>
    /// <param name="cluster">The agents and their nodes.</param>
    /// <param name="history">What each agent did before, by name; null: nothing is known.</param>
    public static IReadOnlyList<AgentProfile> Profiles(ClusterSpec cluster, IReadOnlyDictionary<string, IReadOnlyList<PastTask>>? history = null) =>
        [.. cluster.Agents.Select(agent => new AgentProfile
        {
            Name = agent.Name,
            Skills = Kinds.Where(k => k != "gpu" || agent.Node.Gpus > 0).ToDictionary(k => k, k => k == agent.Speciality ? 1.0 : OtherKind).Append(new(RoleTree.Coordination, OtherKind)).ToDictionary(),
            Capacity = Math.Max(1, agent.Nodes),
            History = history?.GetValueOrDefault(agent.Name) ?? [],
        })];

    /// <summary>The speciality that a job asks for: gpu if it needs any, else what it needs far more of than a plain node has; else general.</summary>
    public static string Kind(JobSpec job) => job switch
    {
        { Gpus: > 0 } => "gpu",
        _ when job.MemoryGb >= Math.Max(MemoryJobGb, job.CpuCores * MemoryPerCoreGb) => "memory",
        { StorageGb: >= StorageJobGb } => "storage",
        { CpuCores: >= ComputeJobCores } => "compute",
        _ => "general",
    };

    /// <summary>The hierarchy without an agent: only what its loss affects changes. <see cref="OrganiseResult.Restructurings"/> says what.</summary>
    /// <exception cref="QuorateException">Input: agent_unknown, agent_lost.</exception>
    public JobHierarchy Lose(string agent) => new(Hierarchy.Lose(agent));

    private static readonly string[] Kinds = ["gpu", "memory", "compute", "storage", "general"];
    private const double OtherKind = 0.5;
    private const decimal MemoryJobGb = 64;
    private const decimal MemoryPerCoreGb = 8;
    private const long StorageJobGb = 1000;
    private const long ComputeJobCores = 32;

    private static string? Coordinator(AgentHierarchy hierarchy, int job, int worker)
    {
        var role = hierarchy.Roles.Index().First(r => r.Item.Jobs.Contains(job)).Item;
        while (role.Parent != LinearAssignment.None)
        {
            if (hierarchy.AgentName(role.Parent) is { } agent)
            {
                return agent;
            }

            role = hierarchy.Roles[role.Parent];
        }

        return worker == LinearAssignment.None ? null : hierarchy.AgentName(worker);
    }
}

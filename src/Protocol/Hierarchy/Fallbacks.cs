using System.Globalization;
using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>Why a role has no agent, and what is done about it.</summary>
/// <param name="Strategy">What is done.</param>
/// <param name="With">Number of the role that takes it over or takes turns with it; <see cref="LinearAssignment.None"/>: none.</param>
/// <param name="Reason">For people.</param>
public sealed record Fallback(RoleFallback Strategy, int With, string Reason);

/// <summary>Finds the fallback of every role without an agent. Never gives an agent more at once than it can carry.</summary>
public static class Fallbacks
{
    /// <param name="roles">All of them.</param>
    /// <param name="agentOf">By role.</param>
    /// <param name="agents">All of them.</param>
    /// <param name="capacity">Of each agent, 0 for one that is lost.</param>
    /// <param name="work">Seconds of work of each role.</param>
    /// <returns>By the role's number.</returns>
    public static IReadOnlyDictionary<int, Fallback> Of(IReadOnlyList<Role> roles, IReadOnlyList<int> agentOf, IReadOnlyList<AgentProfile> agents, IReadOnlyList<double> capacity, IReadOnlyList<double> work)
    {
        var free = capacity.ToArray();
        foreach (var (role, agent) in agentOf.Index().Where(p => p.Item != LinearAssignment.None))
        {
            free[agent] -= roles[role].Load;
        }

        var found = new Dictionary<int, Fallback>();
        var queued = work.ToArray();
        foreach (var role in Enumerable.Range(0, roles.Count).Where(r => agentOf[r] == LinearAssignment.None))
        {
            var skilled = Enumerable.Range(0, agents.Count).Where(a => capacity[a] > 0 && Suitability.Of(agents[a], roles[role].Skill) > 0).ToList();
            var reason = Reason(roles[role], skilled, capacity, free);
            found[role] = roles[role].Kind == RoleKind.Worker
                ? Turns(role, skilled, reason)
                : Lead(roles, role, reason);
        }

        return found;

        Fallback Turns(int role, List<int> skilled, string reason)
        {
            var hosts = Enumerable.Range(0, roles.Count).Where(r => roles[r].Kind == RoleKind.Worker && skilled.Contains(agentOf[r])
                && free[agentOf[r]] + roles[r].Load >= roles[role].Load - Staffing.Tolerance).ToList();
            if (hosts.Count == 0)
            {
                return new Fallback(RoleFallback.WaitForAgent, LinearAssignment.None, reason);
            }

            var host = hosts.MinBy(r => queued[r]);
            queued[host] += work[role];
            return new Fallback(RoleFallback.Queue, host, reason);
        }
    }

    private static Fallback Lead(IReadOnlyList<Role> roles, int role, string reason) => roles[role].Parent == LinearAssignment.None
        ? new Fallback(RoleFallback.PeersAgree, LinearAssignment.None, reason)
        : new Fallback(RoleFallback.MergeIntoParent, roles[role].Parent, reason);

    private static string Reason(Role role, List<int> skilled, IReadOnlyList<double> capacity, double[] free)
    {
        if (skilled.Count == 0)
        {
            return $"no agent has the skill '{role.Skill}'";
        }

        var largest = skilled.Max(a => capacity[a]);
        if (largest < role.Load - Staffing.Tolerance)
        {
            return Text($"needs {role.Load:0.###} of one agent's capacity; the largest with the skill '{role.Skill}' has {largest:0.###}, {role.Load - largest:0.###} is missing");
        }

        var most = Math.Max(0, skilled.Max(a => free[a]));
        return Text($"the {skilled.Count} with the skill '{role.Skill}' are taken: needs {role.Load:0.###}, the most that one has free is {most:0.###}, {role.Load - most:0.###} is missing");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>Who has which role after a loss, and how far it reached.</summary>
public sealed record Restructured(IReadOnlyList<int> AgentOf, RestructuringScope Scope);

/// <summary>
/// Replaces a lost agent. First its roles alone are given to what the others have free, by the optimal assignment; nothing else changes.
/// If one of them then has nobody, the roles under the same parents, and the parents, are given anew with them; then all roles. Of
/// scopes that leave equally many roles without an agent the narrowest is taken.
/// </summary>
public static class Restructure
{
    /// <param name="lost">Number of the agent.</param>
    /// <param name="roles">All roles.</param>
    /// <param name="agentOf">Before the loss.</param>
    /// <param name="agents">All agents.</param>
    /// <param name="capacity">Of each agent, 0 for those that are lost.</param>
    public static Restructured Without(int lost, IReadOnlyList<Role> roles, IReadOnlyList<int> agentOf, IReadOnlyList<AgentProfile> agents, IReadOnlyList<double> capacity)
    {
        var affected = Enumerable.Range(0, roles.Count).Where(r => agentOf[r] == lost).ToList();
        if (affected.Count == 0)
        {
            return new Restructured(agentOf, RestructuringScope.Nothing);
        }

        var wanted = agentOf.Count(a => a != LinearAssignment.None);
        Restructured? best = null;
        var filled = -1;
        foreach (var scope in new[] { RestructuringScope.Roles, RestructuringScope.Group, RestructuringScope.All })
        {
            var anew = Anew(scope, affected, roles, agentOf, agents, capacity);
            if (anew.Count(a => a != LinearAssignment.None) is var count && count > filled)
            {
                (best, filled) = (new Restructured(anew, scope), count);
            }

            if (filled >= wanted)
            {
                break;
            }
        }

        return best!;
    }

    private static int[] Anew(RestructuringScope scope, List<int> affected, IReadOnlyList<Role> roles, IReadOnlyList<int> agentOf, IReadOnlyList<AgentProfile> agents, IReadOnlyList<double> capacity)
    {
        var parents = affected.Select(r => roles[r].Parent).ToHashSet();
        List<int> moving = scope switch
        {
            RestructuringScope.Roles => affected,
            RestructuringScope.Group => [.. Enumerable.Range(0, roles.Count).Where(r => parents.Contains(roles[r].Parent) || parents.Contains(r))],
            _ => [.. Enumerable.Range(0, roles.Count)],
        };
        var (after, free) = (agentOf.ToArray(), capacity.ToArray());
        foreach (var role in Enumerable.Range(0, roles.Count).Except(moving).Where(r => agentOf[r] != LinearAssignment.None))
        {
            free[agentOf[role]] -= roles[role].Load;
        }

        var (given, _) = Staffing.Assign([.. moving.Select(r => roles[r])], agents, [.. free.Select(f => Math.Max(0, f))], [.. moving.Select(r => agentOf[r])]);
        foreach (var (index, role) in moving.Index())
        {
            after[role] = given.AgentOf[index];
        }

        return after;
    }
}

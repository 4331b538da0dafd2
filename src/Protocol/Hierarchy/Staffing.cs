using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>Who has which role: for each role an agent's number, or <see cref="LinearAssignment.None"/>.</summary>
/// <param name="AgentOf">By role, in the order in which the roles were given.</param>
/// <param name="Value">Sum of criticality × suitability.</param>
public sealed record Staffed(IReadOnlyList<int> AgentOf, double Value)
{
    public int Assigned => AgentOf.Count(a => a != LinearAssignment.None);
}

/// <summary>
/// Gives roles to agents. An agent's free capacity is cut into places as large as the heaviest role, and one of what is left over; each
/// place carries one role whose load fits. The assignment to places is optimal. When all loads are equal, that is the optimum under the
/// capacities themselves; with loads that differ the exact optimum would be a generalised assignment problem, which is NP-hard: then
/// roles left over are put where load is still free, the most critical first, if need be after moving one other role; and the greedy rule's
/// assignment, filled up alike, is taken if it is worth more.
/// </summary>
public static class Staffing
{
    /// <summary>Room for rounding when loads are compared, in full-time roles.</summary>
    public const double Tolerance = 1e-9;

    /// <summary>Advantage of the agent that has a role already, so that equals don't change places.</summary>
    private const double Kept = 1e-6;

    /// <param name="roles">To be given.</param>
    /// <param name="agents">All agents.</param>
    /// <param name="free">Capacity that each has left, in full-time roles; 0 for one that is lost.</param>
    /// <param name="current">Who had each role; null: nobody.</param>
    /// <returns>The assignment to use, and the greedy rule's as it is, nothing filled up.</returns>
    public static (Staffed Best, Staffed Greedy) Assign(IReadOnlyList<Role> roles, IReadOnlyList<AgentProfile> agents, IReadOnlyList<double> free, IReadOnlyList<int>? current = null)
    {
        var suits = Suits(roles, agents);
        var places = Places(free, roles.Max(r => r.Load), roles.Min(r => r.Load), roles.Count);
        var weights = new double[roles.Count, places.Count];
        for (var role = 0; role < roles.Count; role++)
        {
            for (var place = 0; place < places.Count; place++)
            {
                var (agent, size) = places[place];
                weights[role, place] = suits[role, agent] > 0 && roles[role].Load <= size + Tolerance
                    ? (roles[role].Criticality * suits[role, agent]) + (current?[role] == agent ? Kept : 0)
                    : LinearAssignment.Forbidden;
            }
        }

        var best = Filled(LinearAssignment.Best(weights));
        var greedyPlaces = LinearAssignment.Greedy(weights, ByImportance(roles));
        var greedyFilled = Filled(greedyPlaces);
        return (greedyFilled.Value > best.Value ? greedyFilled : best, Of(AgentsOf(greedyPlaces)));

        int[] AgentsOf(int[] placeOf) => [.. placeOf.Select(place => place == LinearAssignment.None ? place : places[place].Agent)];

        Staffed Filled(int[] placeOf)
        {
            var agentOf = AgentsOf(placeOf);
            new Filling(roles, agentOf, suits, free).Run(ByImportance(roles));
            return Of(agentOf);
        }

        Staffed Of(int[] agentOf) =>
            new(agentOf, agentOf.Select((agent, role) => agent == LinearAssignment.None ? 0 : roles[role].Criticality * suits[role, agent]).Sum());
    }

    /// <summary>Roles that the agents can carry at once, when none needs more than <paramref name="size"/>.</summary>
    public static int CountPlaces(IEnumerable<AgentProfile> agents, double size, int roles) => Places([.. agents.Select(a => a.Capacity)], size, size, roles).Count;

    /// <summary>Numbers of the roles, the most critical first, the more complex of equals, the first of those.</summary>
    private static IEnumerable<int> ByImportance(IReadOnlyList<Role> roles) =>
        Enumerable.Range(0, roles.Count).OrderByDescending(r => roles[r].Criticality).ThenByDescending(r => roles[r].Complexity);

    private static List<(int Agent, double Size)> Places(IReadOnlyList<double> free, double size, double least, int roles)
    {
        // No agent can take more than all roles; and the table has a limit, which only agents with very many places reach.
        var most = Math.Max(1, Math.Min(roles, LinearAssignment.MaxEntries / roles / free.Count));
        var places = new List<(int, double)>();
        for (var agent = 0; agent < free.Count; agent++)
        {
            var whole = (int)Math.Min(most, Math.Floor((free[agent] / size) + Tolerance));
            places.AddRange(Enumerable.Repeat((agent, size), whole));
            var rest = free[agent] - (whole * size);
            if (whole < most && rest >= least - Tolerance && rest > 0)
            {
                places.Add((agent, rest));
            }
        }

        return places;
    }

    private static double[,] Suits(IReadOnlyList<Role> roles, IReadOnlyList<AgentProfile> agents)
    {
        var suits = new double[roles.Count, agents.Count];
        var skills = roles.Select(r => r.Skill).Distinct().ToDictionary(s => s, s => agents.Select(a => Suitability.Of(a, s)).ToArray());
        for (var role = 0; role < roles.Count; role++)
        {
            for (var agent = 0; agent < agents.Count; agent++)
            {
                suits[role, agent] = skills[roles[role].Skill][agent];
            }
        }

        return suits;
    }
}

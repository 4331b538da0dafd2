using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>
/// What to expect of a hierarchy. A job is tried until it succeeds, with its agent's reliability p at each attempt, so that it takes
/// duration / p on average. Jobs start in the order of their earliest starts, each after those that it depends on and after what its
/// worker did before; roles that take turns share one worker. The makespan of these averages is a lower bound of the average makespan.
/// </summary>
public static class Performance
{
    /// <param name="graph">The jobs.</param>
    /// <param name="roles">All roles.</param>
    /// <param name="agentOf">By role.</param>
    /// <param name="agents">All agents.</param>
    /// <param name="fallbacks">Of the roles without an agent.</param>
    /// <param name="coordinationS">Seconds that the structure adds.</param>
    /// <param name="deadlineS">Seconds allowed; null: any.</param>
    public static ExpectedPerformance Of(JobGraph graph, IReadOnlyList<Role> roles, IReadOnlyList<int> agentOf, IReadOnlyList<AgentProfile> agents, IReadOnlyDictionary<int, Fallback> fallbacks, double coordinationS, double? deadlineS)
    {
        var workerOf = Workers(graph, roles, agentOf, fallbacks);
        var without = graph.Order.Where(j => workerOf[j] == LinearAssignment.None).ToList();
        var (end, success) = without.Count > 0 ? (double.NaN, 0) : Run(graph, workerOf, [.. workerOf.Select(w => Suitability.Reliability(agents[agentOf[w]]))], roles.Count);
        double? makespan = without.Count > 0 ? null : end + coordinationS;
        return new ExpectedPerformance
        {
            MakespanS = makespan,
            CoordinationS = coordinationS,
            SuccessProbability = success,
            DeadlineS = deadlineS,
            DeadlineMet = deadlineS is null ? null : makespan <= deadlineS,
            JobsWithoutAgent = [.. without.Select(j => graph.Jobs[j].Name)],
        };
    }

    /// <summary>The role whose agent does each job.</summary>
    public static int[] Workers(JobGraph graph, IReadOnlyList<Role> roles, IReadOnlyList<int> agentOf, IReadOnlyDictionary<int, Fallback> fallbacks)
    {
        var workerOf = Enumerable.Repeat(LinearAssignment.None, graph.Jobs.Count).ToArray();
        for (var role = 0; role < roles.Count; role++)
        {
            var host = agentOf[role] != LinearAssignment.None ? role : fallbacks[role].With;
            foreach (var job in roles[role].Jobs)
            {
                workerOf[job] = host;
            }
        }

        return workerOf;
    }

    private static (double End, double Success) Run(JobGraph graph, int[] workerOf, double[] reliability, int roles)
    {
        var free = new double[roles];
        var end = new double[graph.Jobs.Count];
        var success = 1.0;
        // Durations are above 0: earliest starts rise along every dependency.
        foreach (var job in graph.Order.OrderBy(j => graph.Start[j]))
        {
            var start = graph.Before[job].Select(b => end[b]).Append(free[workerOf[job]]).Max();
            free[workerOf[job]] = end[job] = start + (graph.Jobs[job].DurationS / reliability[job]);
            success *= reliability[job];
        }

        return (end.Max(), success);
    }
}

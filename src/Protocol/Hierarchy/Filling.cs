namespace Quorate.Protocol.Hierarchy;

/// <summary>Gives roles that are left over to load that is still free, where needed after moving one other role out of the way.</summary>
/// <param name="roles">All that are being given.</param>
/// <param name="agentOf">By role; changed in place.</param>
/// <param name="suits">Suitability by role and agent, 0: can't.</param>
/// <param name="free">Load that each agent can take, before any of these roles.</param>
internal sealed class Filling(IReadOnlyList<Role> roles, int[] agentOf, double[,] suits, IReadOnlyList<double> free)
{
    private readonly double[] _left = [.. free];

    /// <param name="order">Numbers of the roles, those first that come first.</param>
    public void Run(IEnumerable<int> order)
    {
        for (var role = 0; role < agentOf.Length; role++)
        {
            if (agentOf[role] != LinearAssignment.None)
            {
                _left[agentOf[role]] -= roles[role].Load;
            }
        }

        foreach (var role in order.Where(r => agentOf[r] == LinearAssignment.None))
        {
            var agent = BestFree(role, LinearAssignment.None);
            if (agent == LinearAssignment.None && BestMove(role) is { Gain: > 0 } move)
            {
                agent = agentOf[move.Role];
                _left[agent] += roles[move.Role].Load;
                Give(move.Role, move.To);
            }

            if (agent != LinearAssignment.None)
            {
                Give(role, agent);
            }
        }
    }

    private void Give(int role, int agent)
    {
        agentOf[role] = agent;
        _left[agent] -= roles[role].Load;
    }

    /// <returns>The best-suited agent with room, the first of equals.</returns>
    private int BestFree(int role, int except)
    {
        var best = LinearAssignment.None;
        for (var agent = 0; agent < _left.Length; agent++)
        {
            if (agent != except && suits[role, agent] > 0 && _left[agent] >= roles[role].Load - Staffing.Tolerance && (best == LinearAssignment.None || suits[role, agent] > suits[role, best]))
            {
                best = agent;
            }
        }

        return best;
    }

    /// <returns>The role that another should take over so that its agent has room, and what is won by it.</returns>
    private (int Role, int To, double Gain) BestMove(int role)
    {
        var best = (Role: LinearAssignment.None, To: LinearAssignment.None, Gain: 0.0);
        for (var other = 0; other < agentOf.Length; other++)
        {
            var from = agentOf[other];
            if (from == LinearAssignment.None || suits[role, from] <= 0 || _left[from] + roles[other].Load < roles[role].Load - Staffing.Tolerance)
            {
                continue;
            }

            var to = BestFree(other, from);
            if (to != LinearAssignment.None
                && (roles[role].Criticality * suits[role, from]) + (roles[other].Criticality * (suits[other, to] - suits[other, from])) is var gain && gain > best.Gain)
            {
                best = (other, to, gain);
            }
        }

        return best;
    }
}

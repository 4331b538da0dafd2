using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>How well an agent suits a kind of work: its skill × the probability that its next task succeeds. 0 to 1.</summary>
public static class Suitability
{
    /// <summary>Successes and failures that every agent is credited with before its history: the uniform prior Beta(1, 1).</summary>
    public const double Prior = 1;

    /// <summary>Skill at coordination of an agent that names none; 0 in its profile keeps it from leading.</summary>
    public const double UsualCoordination = 0.25;

    /// <summary>Mean of Beta(1 + successes, 1 + failures): Laplace's rule of succession.</summary>
    public static double Reliability(AgentProfile agent) => (agent.History.Count(t => t.Succeeded) + Prior) / (agent.History.Count + (2 * Prior));

    public static double Skill(AgentProfile agent, string skill) =>
        agent.Skills.TryGetValue(skill, out var value) ? value : skill == RoleTree.Coordination ? UsualCoordination : 0;

    /// <summary>0: the agent can't do it.</summary>
    public static double Of(AgentProfile agent, string skill) => Skill(agent, skill) * Reliability(agent);
}

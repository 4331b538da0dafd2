using System.Globalization;
using Microsoft.Extensions.AI;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place.Votes;

/// <summary>What an agent's model is asked about one proposal. Names in it keep to a narrow alphabet, so nothing in them can be an instruction.</summary>
internal static class VotePrompt
{
    public static IReadOnlyList<ChatMessage> Write(AgentSpec agent, PlacementState state, Proposal proposal)
    {
        var pool = state.Cluster.Pools[state.Cluster.PoolOf(agent.Name)];
        var proposed = state.Cluster.Pools[state.Cluster.PoolOf(proposal.Agent)];
        var needs = proposal.Needs.Amounts();
        var rest = string.Join("", Enumerable.Range(2, 2).Where(k => needs[k] > 0).Select(k => $", {Resources.Describe(k, needs[k])}"));
        return
        [
            new ChatMessage(ChatRole.User, string.Create(CultureInfo.InvariantCulture, $$"""
                As a {{agent.Speciality}} specialist managing HPC resources, evaluate this job:
                Job: {{proposal.Job}} requiring {{needs.CpuCores}} cores, {{needs.MemoryMb / 1024m:0.##}}GB RAM{{rest}}, for at most {{proposal.WalltimeS}} s
                Proposed placement: {{proposal.Nodes.Count}} of {{proposal.Agent}}'s nodes ({{proposed.Node}} each); {{proposed.Free}} are free there now
                Your own pool: {{pool.NodesUp}} of {{pool.Count}} nodes up, {{pool.Node}} each; {{pool.Free}} are free
                Current utilization: {{UtilisationOf(pool):0.0}}%
                Priority: {{proposal.Priority}}

                Vote on whether the proposed placement is a good one for the job and the cluster as a whole.
                Provide your decision as JSON: {"vote": "accept/reject", "confidence": 0.0-1.0, "reasoning": "..."}
                """)),
        ];
    }

    private static double UtilisationOf(PoolState pool)
    {
        var all = pool.Node * pool.NodesUp;
        return 100 * Enumerable.Range(0, Resources.Kinds).Where(k => all[k] > 0).Select(k => 1 - ((double)pool.Free[k] / all[k])).DefaultIfEmpty(0).Max();
    }
}

using System.Globalization;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place.Votes;

/// <summary>
/// The vote that the rules give: deterministic, from the record and the state it follows alone, so that everyone who holds
/// both can tell whether an agent that claims to go by the rules has lied.
/// </summary>
public sealed class RuleVotes
{
    private RuleVotes(IReadOnlyList<BallotVote> votes, IReadOnlyList<ProposedNeeds> free) => (Votes, Free) = (votes, free);

    /// <summary>One for each proposal. Each is looked at as if those before it were placed.</summary>
    internal IReadOnlyList<BallotVote> Votes { get; }

    /// <summary>What is free in each agent's pool once the record's releases are done.</summary>
    internal IReadOnlyList<ProposedNeeds> Free { get; }

    /// <summary>One vote for each proposal. Each is looked at as if those before it were placed.</summary>
    /// <param name="state">The state that the record names.</param>
    /// <param name="record">What is asked.</param>
    public static IReadOnlyList<BallotVote> Of(PlacementState state, PlacementRecord record) => state.RulesOn(record).Votes;

    /// <summary>What is free in an agent's pool once the record's releases are done.</summary>
    public static ProposedNeeds FreeOf(PlacementState state, PlacementRecord record, int agent) => state.RulesOn(record).Free[agent];

    /// <param name="state">The state that the record names.</param>
    /// <param name="record">What is asked.</param>
    /// <param name="nodes">Of the same cluster; overwritten.</param>
    internal static RuleVotes On(PlacementState state, PlacementRecord record, NodePools nodes)
    {
        Release(state, record, nodes);
        var free = nodes.Pools.Select(p => ProposedNeeds.Of(p.Free)).ToList();
        return new RuleVotes([.. record.Proposals.Select(p => Of(state, record, nodes, p))], free);
    }

    private static void Release(PlacementState state, PlacementRecord record, NodePools nodes)
    {
        nodes.CopyFrom(state.Cluster.Nodes);
        foreach (var job in record.Releases)
        {
            if (state.Cluster.Find(job) is { } held)
            {
                nodes.Give(held.Placement);
            }
        }
    }

    private static BallotVote Of(PlacementState state, PlacementRecord record, NodePools nodes, Proposal proposal)
    {
        var cluster = state.Cluster;
        if (cluster.Find(proposal.Job) is not null && !record.Releases.Contains(proposal.Job))
        {
            return Reject(1, "it runs already");
        }

        var placement = new Placement(cluster.PoolOf(proposal.Agent), proposal.Nodes, proposal.Share());
        var best = Best(nodes, proposal);
        try
        {
            nodes.Take(placement);
        }
        catch (InvalidOperationException)
        {
            return Reject(1, "its nodes cannot hold the job now");
        }

        var problem = proposal.Basis is { } basis ? CertifiedChoices.FindProblem(state.Choices, basis, proposal)
            : best is not null && best.Pool != placement.Pool ? $"{nodes.Pools[best.Pool].Name} fits better" : null;
        if (problem is not null)
        {
            return Reject(0.8, problem);
        }

        var fill = Fill(nodes.Pools[placement.Pool], placement.Share);
        return new BallotVote(AgentVote.Accept, Math.Round(0.5 + (fill / 2), 2), VoteSource.Rules, string.Create(CultureInfo.InvariantCulture, $"fits {proposal.Agent} on {proposal.Nodes.Count} {(proposal.Nodes.Count == 1 ? "node" : "nodes")}, {fill:0%} of each in use by it"));
    }

    private static Placement? Best(NodePools nodes, Proposal proposal)
    {
        if (proposal.After.Count == 0)
        {
            return nodes.Choose(proposal.Needs.Amounts());
        }

        return Without(nodes, proposal.After, n => n.Choose(proposal.Needs.Amounts()));
    }

    /// <summary>What is chosen when some pools take no part.</summary>
    internal static Placement? Without(NodePools nodes, IReadOnlyList<string> pools, Func<NodePools, Placement?> choose)
    {
        var closed = nodes.Pools.Where(p => pools.Contains(p.Name) && p.NodesUp > 0).ToList();
        closed.ForEach(p => p.SetPoolDown(down: true));
        var chosen = choose(nodes);
        closed.ForEach(p => p.SetPoolDown(down: false));
        return chosen;
    }

    // Of the kind that the job takes most of, so that a GPU job on a GPU node counts as a good fit.
    private static double Fill(PoolState pool, Resources share) =>
        Enumerable.Range(0, Resources.Kinds).Where(k => pool.Node[k] > 0).Max(k => (double)share[k] / pool.Node[k]);

    private static BallotVote Reject(double confidence, string reason) => new(AgentVote.Reject, confidence, VoteSource.Rules, reason);
}

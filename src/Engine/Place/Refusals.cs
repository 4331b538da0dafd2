using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place;

/// <summary>Where the agents have refused each job that waits, and when that is enough to give it up.</summary>
/// <param name="nodes">All pools.</param>
/// <param name="faults">Liars that the group tolerates.</param>
internal sealed class Refusals(NodePools nodes, int faults)
{
    /// <summary>Rounds in a row in which a job may be neither accepted nor refused; enough for agents that lied once to be taken back.</summary>
    private const int MaxUnclear = 8;

    private readonly Dictionary<string, List<string>> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _unclear = new(StringComparer.Ordinal);

    /// <summary>Pools that are closed, by job.</summary>
    public IReadOnlyDictionary<string, List<string>> Pools => _pools;

    public void Forget(string job)
    {
        _pools.Remove(job);
        _unclear.Remove(job);
    }

    /// <summary>A proposal was not accepted. Why the job is given up, and as what; null: it is proposed again.</summary>
    /// <param name="job">Its votes are those on the proposal.</param>
    /// <param name="proposal">Where it was to run.</param>
    /// <param name="rejections">Ballots that count and reject it.</param>
    public (string Outcome, string Reason)? Note(PlacedJob job, Proposal proposal, int rejections)
    {
        // While agents are quarantined a liar can make a tie of what all honest ones accept.
        if (rejections <= faults)
        {
            var rounds = _unclear[job.Name] = _unclear.GetValueOrDefault(job.Name) + 1;
            return rounds < MaxUnclear ? null : (PlacementOutcome.Failed, $"neither accepted nor refused in {rounds} rounds: {rejections} of the agents that count reject it, and {faults} may lie");
        }

        _unclear.Remove(job.Name);
        if (!_pools.TryGetValue(job.Name, out var pools))
        {
            _pools[job.Name] = pools = [];
        }

        pools.Add(proposal.Agent);
        if (nodes.Pools.Any(p => !pools.Contains(p.Name) && p.Holds(proposal.Needs.Amounts())))
        {
            return null;
        }

        var reasons = job.Votes.Where(v => v.Vote == AgentVote.Reject).Select(v => $"{v.Agent}: {v.Reasoning}");
        return (PlacementOutcome.Rejected, $"the agents refused {string.Join(", ", pools)}; last {string.Join("; ", reasons)}");
    }

    /// <summary>Why a job with closed pools still waits; null: it has none. What it lacks elsewhere would be told of all pools.</summary>
    public string? Explain(string job) => _pools.TryGetValue(job, out var pools) ? $"the agents refused {string.Join(", ", pools)}, and elsewhere there never was room" : null;
}

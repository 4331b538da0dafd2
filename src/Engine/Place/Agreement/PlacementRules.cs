using Quorate.Contracts.Placing;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place.Agreement;

/// <summary>
/// What the agents may decide, from the question and the opinions alone. A record must name agents and nodes that exist and
/// ask of no node more than it has; a proposal or change is accepted when more of the ballots that count accept it than
/// reject it. With at least n−f ballots and n ≥ 3f+1, f liars can neither carry what all others reject nor stop what all
/// others accept.
/// </summary>
public sealed class PlacementRules(ClusterSpec cluster) : IProposalValidator
{
    /// <summary>A hundred times the longest job: later times could not be reckoned with.</summary>
    private const long MaxAtMs = JobSpec.MaxWalltime * 1000 * 100;

    private readonly Dictionary<string, int> _agents = cluster.Agents.Select((a, i) => (a.Name, i)).ToDictionary(a => a.Name, a => a.i, StringComparer.Ordinal);

    /// <summary>Shared by those who read the same records.</summary>
    internal Memo<PlacementRecord> Records { get; } = new(PlacementRecord.TryParse);

    /// <summary>Shared by those who read the same ballots.</summary>
    internal Memo<Ballot> Ballots { get; } = new(Ballot.TryParse);

    public string? Check(Item item) => item.Request.Type switch
    {
        RequestKind.Exclusion => null,
        RequestKind.Question => Records.Read(item.Request.Payload) is { } record ? FindProblem(record) : "the question is no placement record",
        _ => "agents decide questions only",
    };

    public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions)
    {
        if (Records.Read(question.Payload) is not { } record || FindProblem(record) is not null)
        {
            return null;
        }

        var ballots = opinions.Where(o => !record.Quarantined.Contains(cluster.Agents[o.Author].Name))
            .Select(o => Ballots.Read(o.Value)).OfType<Ballot>()
            .Where(b => b.Votes.Count == record.Proposals.Count && b.Changes.Count == record.Changes.Count).ToList();
        return new RoundOutcome(
            [.. record.Proposals.Select((_, i) => 2 * ballots.Count(b => b.Votes[i].Accepts) > ballots.Count)],
            [.. record.Changes.Select((_, i) => 2 * ballots.Count(b => b.Changes[i]) > ballots.Count)]).ToBytes();
    }

    /// <summary>Null for a record that may be asked about, otherwise what is wrong with it.</summary>
    public string? FindProblem(PlacementRecord record)
    {
        if (record.Changes.FirstOrDefault(c => !_agents.ContainsKey(c.Agent) || !MembershipChanges.All.Contains(c.Change)) is { } change)
        {
            return $"{change.Change} of {change.Agent} is no change of this cluster";
        }

        if (record.Nodes?.FirstOrDefault(n => !_agents.TryGetValue(n.Agent, out var pool) || n.Node < 0 || n.Node >= cluster.Agents[pool].Nodes) is { } node)
        {
            return $"node {node.Node} of {node.Agent} is no node of this cluster";
        }

        if (record.AtMs is < 0 or > MaxAtMs)
        {
            return $"{record.AtMs} ms is no time of a run";
        }

        if (record.Proposals.Select(p => p.Job).Distinct(StringComparer.Ordinal).Count() != record.Proposals.Count)
        {
            return "a job is proposed twice";
        }

        var taken = new Dictionary<(int Agent, int Node), Resources>();
        foreach (var proposal in record.Proposals)
        {
            if (!_agents.TryGetValue(proposal.Agent, out var agent))
            {
                return $"{proposal.Agent} is no agent of this cluster";
            }

            if (FindProblem(proposal, agent, taken) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private string? FindProblem(Proposal proposal, int agent, Dictionary<(int Agent, int Node), Resources> taken)
    {
        var needs = proposal.Needs.Amounts();
        if (needs.CpuCores < 1 || Enumerable.Range(0, Resources.Kinds).Any(k => needs[k] is < 0 or > Resources.Most))
        {
            return $"{proposal.Job} needs what no job can";
        }

        if (proposal.WalltimeS is < 1 or > JobSpec.MaxWalltime)
        {
            return $"{proposal.Job} may run {proposal.WalltimeS} s; 1 to {JobSpec.MaxWalltime} are allowed";
        }

        var (spec, last) = (cluster.Agents[agent], -1);
        var (has, share) = (spec.Node.Has(), proposal.Share());
        foreach (var node in proposal.Nodes)
        {
            if (node <= last || node >= spec.Nodes)
            {
                return $"{proposal.Job} names a node of {proposal.Agent} twice, out of order or beyond its {spec.Nodes}";
            }

            var sum = taken.GetValueOrDefault((agent, node)) + share;
            if (!sum.Fits(has))
            {
                return $"node {node} of {proposal.Agent} has {has}, not {sum}";
            }

            (taken[(agent, node)], last) = (sum, node);
        }

        return null;
    }
}

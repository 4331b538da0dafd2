using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Triage.Metrics;

namespace Quorate.Engine.Place;

/// <summary>Gathers what a run is told by.</summary>
internal sealed class RunReport(PlacementParts parts)
{
    private const int MaxFindings = 10_000;

    private readonly List<Finding> _findings = [];
    private readonly double[] _peak = new double[Resources.Kinds];
    private int _rounds;
    private int _calls;
    private int _answered;

    public AttackRecord Attack { get; } = new(parts.Faults);

    public void Note(RoundResult round)
    {
        _rounds += round.Decided.Count;
        foreach (var vote in round.Cast.Values.SelectMany(c => c.Votes).Where(v => v.Transcript is not null))
        {
            _calls++;
            _answered += vote.Source == VoteSource.Llm ? 1 : 0;
        }

        foreach (var finding in round.Findings)
        {
            if (_findings.Count < MaxFindings)
            {
                _findings.Add(finding);
            }

            parts.Observer.On(new PlacementProgress { Finding = finding });
        }
    }

    public void NoteUse(ClusterState cluster)
    {
        for (var kind = 0; kind < Resources.Kinds; kind++)
        {
            _peak[kind] = Math.Max(_peak[kind], cluster.Utilisation(kind));
        }
    }

    /// <summary>The votes on one proposal as they were signed, with how they came about where that is what was signed.</summary>
    public IReadOnlyList<AgentVote> VotesOn(RoundResult result, int proposal)
    {
        var votes = new List<AgentVote>();
        for (var agent = 0; agent < parts.Cluster.Agents.Count; agent++)
        {
            if (result.Ballots.TryGetValue(agent, out var ballot) && proposal < ballot.Votes.Count)
            {
                var signed = ballot.Votes[proposal];
                var told = result.Cast.GetValueOrDefault(agent)?.Votes[proposal];
                votes.Add(told is not null && told.Vote == signed.Vote && told.Reasoning == signed.Reasoning ? told
                    : new AgentVote { Agent = parts.Cluster.Agents[agent].Name, Vote = signed.Vote, Confidence = signed.Confidence, Reasoning = signed.Reasoning, Source = signed.Source });
            }
        }

        return votes;
    }

    public PlacementResult Write(IReadOnlyList<PlacedJob> jobs, IReadOnlyList<InjectedFault> faults)
    {
        var recoveries = faults.Select(f => f.RecoveryMs).OfType<double>().Order().ToList();
        return new PlacementResult
        {
            RunId = parts.RunId,
            Jobs = jobs,
            Group = parts.Keys,
            Findings = _findings,
            Faults = faults,
            Report = new PlacementReport
            {
                SuccessRate = jobs.Count == 0 ? 1 : Math.Round((double)jobs.Count(j => j.Outcome == PlacementOutcome.Placed) / jobs.Count, 4),
                CorrectnessUnderAttack = Attack.Correctness,
                ByzantineDetected = [.. _findings.Where(f => f.Proven).Select(f => f.Agent).Concat(Forgers()).Distinct().Order(StringComparer.Ordinal)],
                RecoveryMs = recoveries.Count == 0 ? null : Math.Round(recoveries.Average(), 3),
                RecoveryP95Ms = recoveries.Count == 0 ? null : Math.Round(Quantile.NearestRank(recoveries, 0.95), 3),
                LlmCalls = _calls,
                LlmOk = _answered,
                Rounds = _rounds,
                Replaced = jobs.Sum(j => j.Replaced),
                PeakUtilisation = Enumerable.Range(0, Resources.Kinds).ToDictionary(k => Resources.Names[k], k => Math.Round(_peak[k], 4)),
                Protocol = parts.Options.Protocol,
                Backend = parts.Options.BackendName,
            },
        };
    }

    // A forgery bears no signature of its maker. One link's word could be a lie of its other end, so more are needed than there may be liars.
    private IEnumerable<string> Forgers() => _findings.Where(f => f.Kind == "forged_signature").GroupBy(f => f.Agent)
        .Where(g => g.SelectMany(f => f.Witnesses ?? []).Distinct().Count() > parts.Keys.Faults).Select(g => g.Key);
}

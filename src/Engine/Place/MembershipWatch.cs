using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;

namespace Quorate.Engine.Place;

/// <summary>Which agents should leave or come back, by what the rounds have shown. It proposes; the agents decide.</summary>
internal sealed class MembershipWatch(ClusterSpec cluster, int maxReadmissions)
{
    /// <summary>Rounds that are held only to see whether it comes back.</summary>
    private const int Doubt = 6;

    private readonly Dictionary<string, int> _missed = cluster.Agents.ToDictionary(a => a.Name, _ => 0, StringComparer.Ordinal);
    private readonly Dictionary<string, (long Round, string Kind)> _lies = [];
    private readonly Dictionary<string, int> _readmissions = [];
    private readonly Dictionary<(string Agent, string Change), long> _refused = [];

    /// <summary>An agent was silent just now, and it is not known yet whether it is gone.</summary>
    public bool IsUnsure(PlacementState state) => _missed.Any(m => m.Value is > 0 and <= Doubt && !state.Withdrawn.Contains(m.Key));

    public void Note(RoundResult round, PlacementState state)
    {
        for (var i = 0; i < cluster.Agents.Count; i++)
        {
            var name = cluster.Agents[i].Name;
            _missed[name] = round.Heard.Contains(i) ? 0 : _missed[name] + 1;
        }

        // The round may have been decided by a question asked before, with other changes.
        var isAnswered = state.Last.Round == round.Record.Round && round.Decided.Any(d => d.Item.Request.Sequence == round.Question);
        foreach (var change in round.Record.Changes.Where((_, i) => isAnswered && !state.Last.Outcome.Changes[i]))
        {
            _refused[(change.Agent, change.Change)] = round.Record.Round;
        }

        foreach (var back in _lies.Keys.Where(a => !state.Quarantined.Contains(a) && round.Record.Quarantined.Contains(a)).ToList())
        {
            _readmissions[back] = _readmissions.GetValueOrDefault(back) + 1;
            _lies.Remove(back);
        }

        // After those who are back: one may lie in the very round that takes it back.
        foreach (var lie in round.Findings.Where(f => f.Proven))
        {
            _lies[lie.Agent] = (Math.Max(lie.Round, _lies.GetValueOrDefault(lie.Agent).Round), lie.Kind);
        }
    }

    public IReadOnlyList<MembershipChange> Propose(PlacementState state)
    {
        var changes = new List<MembershipChange>();
        var next = state.Round + 1;
        foreach (var agent in cluster.Agents.Select(a => a.Name))
        {
            var (withdrawn, quarantined) = (state.Withdrawn.Contains(agent), state.Quarantined.Contains(agent));
            if (!withdrawn && _missed[agent] >= MembershipChanges.Patience)
            {
                changes.Add(new MembershipChange(agent, MembershipChanges.Withdraw, $"silent for {_missed[agent]} rounds"));
            }
            else if (withdrawn && _missed[agent] == 0)
            {
                changes.Add(new MembershipChange(agent, MembershipChanges.Restore, "it answers again"));
            }

            if (!quarantined && _lies.TryGetValue(agent, out var lie))
            {
                changes.Add(new MembershipChange(agent, MembershipChanges.Quarantine, $"proven in round {lie.Round}: {lie.Kind}"));
            }
            else if (quarantined && _missed[agent] == 0 && _lies.GetValueOrDefault(agent).Round < next - MembershipChanges.Probation && _readmissions.GetValueOrDefault(agent) < maxReadmissions)
            {
                changes.Add(new MembershipChange(agent, MembershipChanges.Readmit, $"the truth in {MembershipChanges.Probation} rounds"));
            }
        }

        return [.. changes.Where(c => !_refused.TryGetValue((c.Agent, c.Change), out var at) || state.Round - at >= MembershipChanges.Patience)];
    }
}

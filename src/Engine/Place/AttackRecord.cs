using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Votes;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place;

/// <summary>Of the proposals decided while agents were under a fault, how many were decided as the rules have it, which is what honest agents say.</summary>
internal sealed class AttackRecord(IAgentFaults faults)
{
    private int _decided;
    private int _right;

    /// <summary>0 to 1; null: nothing was decided under a fault.</summary>
    public double? Correctness => _decided == 0 ? null : Math.Round((double)_right / _decided, 4);

    /// <param name="before">The state that the record follows; nothing is counted in any other.</param>
    /// <param name="record">What was asked.</param>
    /// <param name="item">What was decided.</param>
    public void Note(PlacementState before, PlacementRecord record, Item item)
    {
        if (record.State == before.Chain && faults.Injected.Any(f => f.Round <= record.Round && record.Round < f.Until) && RoundOutcome.TryParse(item.Outcome, record) is { } outcome)
        {
            _decided += outcome.Proposals.Count;
            _right += RuleVotes.Of(before, record).Zip(outcome.Proposals).Count(v => v.First.Accepts == v.Second);
        }
    }
}

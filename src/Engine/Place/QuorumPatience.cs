using Quorate.Engine.Place.Agreement;

namespace Quorate.Engine.Place;

/// <summary>
/// When a run gives up for want of a quorum: after so many rounds in a row without one. Rounds in which the agents' messages
/// could not travel tell nothing about the agents: they are waited out for a time of their own.
/// </summary>
internal sealed class QuorumPatience(PlacementOptions options, double timeoutMs, IGroupClock clock)
{
    private int _undecided;
    private double? _silentSince;
    private string? _trouble;

    public bool IsOver => _undecided >= options.MaxUndecided || (clock.Now - _silentSince) / 1000 >= options.BusPatienceS;

    /// <summary>Why the last round was not decided; null when it was.</summary>
    public string? Reason => _trouble is not null ? $"the agents' messages do not travel: {_trouble}" : _undecided > 0 ? $"no quorum within {timeoutMs / 1000:0.###} s" : null;

    public void Note(RoundResult round)
    {
        _trouble = round.Decided.Count > 0 ? null : round.Trouble;
        _silentSince = _trouble is null ? null : _silentSince ?? clock.Now - round.ElapsedMs;
        _undecided = round.Decided.Count > 0 ? 0 : _trouble is null ? _undecided + 1 : _undecided;
    }
}

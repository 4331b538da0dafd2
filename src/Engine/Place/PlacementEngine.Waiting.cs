namespace Quorate.Engine.Place;

/// <summary>How long a run waits for what is out.</summary>
public sealed partial class PlacementEngine
{
    /// <summary>Rounds in a row that look for agents that are out, when nothing else happens.</summary>
    private const int MaxProbes = 100;

    private int _probes;
    private TimeSpan? _idleSince;

    /// <summary>Until something has changed; false when nothing ever will. While jobs wait for agents that are out, the others look after them.</summary>
    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        // Time that passes changes nothing by itself: only what runs, or comes later, does.
        var idle = _backend.IsIdle && NextSubmission() is null;
        _idleSince = idle ? _idleSince ?? _parts.Time.Now : null;
        var changed = await _parts.Time.WaitAsync(NextSubmission(), cancellationToken);
        var misses = _queue.Count > 0 && _state.Withdrawn.Count > 0;
        _probes = idle && misses ? _probes + 1 : 0;
        if (misses)
        {
            return (_probes <= MaxProbes && await RoundAsync(isProbe: true, cancellationToken)) || (changed && !idle);
        }

        return changed && !(_parts.Time.Now - _idleSince > TimeSpan.FromSeconds(_parts.Options.NodePatienceS));
    }
}

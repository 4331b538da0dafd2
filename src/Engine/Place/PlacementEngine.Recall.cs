using Quorate.Contracts;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Place;

/// <summary>How a run goes on where another process left it: what the ledger holds is followed again, without effects.</summary>
public sealed partial class PlacementEngine
{
    private void Recall()
    {
        if (_parts.History.Events.Count == 0)
        {
            return;
        }

        Submit();
        _backend.IsRecalling = true;
        foreach (var recorded in _parts.History.Events)
        {
            if (recorded.Decided is { } certificate)
            {
                CarryAgain(certificate);
            }
            else if (recorded.Taken is { } taken && _jobs.TryGetValue(taken.Job, out var running))
            {
                _backend.Recall(running, taken);
            }
            else if (recorded.Ended is { } ended && _jobs.TryGetValue(ended.Result.Name, out var job))
            {
                _backend.Recall(job, ended);
                Settle();
            }
        }

        _backend.IsRecalling = false;
    }

    private void CarryAgain(QuorumCertificate certificate)
    {
        var item = certificate.Decided()!;
        _state.Apply(0, item);
        if (_state.Last.Round == 0 || _parts.Group.Records.Read(item.Request.Payload) is not { } record)
        {
            throw QuorateException.Input("run_damaged", $"a recorded round of {_parts.RunId} does not follow the one before, round {_state.Round}", "quorate ledger verify says whether the ledger was changed");
        }

        var result = RoundResult.Recalled(item, certificate, record);
        _report.Note(result);
        Carry(result, RoundProof.Of(record, item, certificate, _parts.Keys.Replicas));
    }
}

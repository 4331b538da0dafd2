using Quorate.Engine.Ask;

namespace Quorate.Server.Jobs;

/// <summary>How far a job is, as one number; the engine reports from several threads.</summary>
internal sealed class JobProgress : IAskObserver
{
    private readonly Lock _gate = new();
    private (string Stage, int Percent) _at = ("asking", 0);

    public (string Stage, int Percent) At
    {
        get
        {
            lock (_gate)
            {
                return _at;
            }
        }
    }

    public void On(AskProgress progress)
    {
        var (from, to) = progress.Stage switch
        {
            "asking" => (5, 50),
            "asking again" => (50, 60),
            "analysing" => (60, 65),
            "reviewing" => (65, 75),
            "aggregating" => (75, 92),
            "certifying" => (92, 98),
            "done" => (98, 99),
            _ => (0, 0),
        };
        var share = progress.Members > 0 ? Math.Clamp(progress.Ended / (double)progress.Members, 0, 1) : 0;
        lock (_gate)
        {
            _at = (progress.Stage, Math.Max(_at.Percent, from + (int)(share * (to - from))));
        }
    }
}

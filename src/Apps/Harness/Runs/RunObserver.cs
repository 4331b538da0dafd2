using Quorate.Contracts.Plans;
using Quorate.Engine.Triage;
using Quorate.Harness.Records;
using Quorate.Harness.Sites;

namespace Quorate.Harness.Runs;

/// <summary>The script on the other side of a triage: allows everything, answers nothing, and notes when what happened.</summary>
internal sealed class RunObserver(RunClock clock, RecordingPlanner planner) : ITriageObserver
{
    private readonly Lock _gate = new();
    private readonly List<PlanCommit> _commits = [];
    private readonly List<double> _deviations = [];
    private readonly List<double> _actionEnds = [];
    private readonly HashSet<(int, string)> _dispatched = [];
    private int _refusals;

    // From the incident's clock to the run's.
    private double _offset;

    public IncidentTrace Into(IncidentTrace trace)
    {
        lock (_gate)
        {
            return trace with { Commits = [.. _commits], DeviationsMs = [.. _deviations], ActionsEndedMs = [.. _actionEnds], Refusals = _refusals };
        }
    }

    public bool WasDispatched(int version, string taskId)
    {
        lock (_gate)
        {
            return _dispatched.Contains((version, taskId));
        }
    }

    public void OnEvent(TriageEvent triageEvent)
    {
        lock (_gate)
        {
            switch (triageEvent)
            {
                case TriageEvent.Opened opened:
                    _offset = clock.NowMs - opened.AtMs;
                    break;
                case TriageEvent.Committed committed:
                    _commits.Add(new PlanCommit(planner.Proposals.Count - 1, committed.Plan.PlanVersion, Math.Round(_offset + committed.AtMs, 3)));
                    break;
                case TriageEvent.Deviated deviated:
                    _deviations.Add(Math.Round(_offset + deviated.AtMs, 3));
                    break;
                case TriageEvent.TaskStarted started:
                    _dispatched.Add((started.PlanVersion, started.Task.TaskId));
                    break;
                case TriageEvent.TaskFinished finished when TaskCatalog.ChangesWorld(finished.Task.Type):
                    _actionEnds.Add(clock.NowMs);
                    break;
                case TriageEvent.Undone:
                    _actionEnds.Add(clock.NowMs);
                    break;
                case TriageEvent.Rejected:
                    _refusals++;
                    break;
                case TriageEvent.Approved { Approval.Approved: false }:
                    _refusals++;
                    break;
            }
        }
    }

    public Task<bool> ConfirmAsync(Plan plan, IReadOnlyList<PlanTask> actions, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<string?> AskAsync(ClarifyingTask question, CancellationToken cancellationToken) => Task.FromResult<string?>(null);
}

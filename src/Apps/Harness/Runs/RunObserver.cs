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
    private readonly Dictionary<(int, string), (double Began, double? Ended)> _tasks = [];
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

    /// <summary>When a task was first sent to an agent, and when it ended; null when it never was, or never did.</summary>
    public (double? Began, double? Ended) TimesOf(int version, string taskId)
    {
        lock (_gate)
        {
            return _tasks.TryGetValue((version, taskId), out var times) ? (times.Began, times.Ended) : (null, null);
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
                    _tasks.TryAdd((started.PlanVersion, started.Task.TaskId), (clock.NowMs, null));
                    break;
                case TriageEvent.TaskFinished finished:
                    Finish(finished);
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

    private void Finish(TriageEvent.TaskFinished finished)
    {
        var key = (finished.PlanVersion, finished.Task.TaskId);
        _tasks[key] = (_tasks.TryGetValue(key, out var times) ? times.Began : clock.NowMs, clock.NowMs);
        if (TaskCatalog.ChangesWorld(finished.Task.Type))
        {
            _actionEnds.Add(clock.NowMs);
        }
    }
}

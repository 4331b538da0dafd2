using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Backends;
using Quorate.Engine.Place.Recording;

namespace Quorate.Engine.Place;

/// <summary>
/// Keeps the backend doing what was decided: submits under the start's key until it is taken, so that nothing runs twice, tells
/// what ended, and cancels what was placed elsewhere. A job starts again only when its earlier start is known to have ended.
/// </summary>
/// <param name="backend">Where jobs run.</param>
/// <param name="time">The cluster's.</param>
/// <param name="options">How long it is waited for.</param>
/// <param name="observer">Told when the backend stops answering, and when it does again.</param>
/// <param name="journal">Told what was taken and what ended, before anything follows from it; null: nobody is.</param>
internal sealed class BackendWatch(IJobBackend backend, IJobTime time, PlacementOptions options, IPlacementObserver observer, PlacementJournal? journal)
{
    /// <summary>Looks in a row that must lack a job before it counts as gone: a submission may be on its way.</summary>
    private const int LooksUntilGone = 3;

    /// <summary>Looks after which one that the backend's records cannot be asked about counts as lost.</summary>
    private const int LooksUntilLost = 60;

    /// <summary>How long a start that was withdrawn may take to end, and what is cancelled at the end of a run is seen to.</summary>
    private static readonly TimeSpan CancelPatience = TimeSpan.FromMinutes(10), ClosePatience = TimeSpan.FromSeconds(30), ClosePause = TimeSpan.FromSeconds(1);

    private readonly List<JobProgress> _starting = [];
    private readonly List<JobProgress> _ended = [];
    private readonly Dictionary<string, JobProgress> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (JobProgress Job, JobStart Start)> _cancelling = new(StringComparer.Ordinal);

    /// <summary>Looks in a row that lacked a start's key.</summary>
    private readonly Dictionary<string, int> _missing = new(StringComparer.Ordinal);
    private TimeSpan? _outSince;

    /// <summary>Nothing runs, is to run or is to be cancelled.</summary>
    public bool IsIdle => _running.Count == 0 && _starting.Count == 0 && _cancelling.Count == 0;

    /// <summary>Why the backend was given up while jobs run there; null: it was not.</summary>
    public string? GivenUp { get; private set; }

    /// <summary>What another process did is gone through: whatever is started may be known to the backend.</summary>
    public bool IsRecalling { get; set; }

    /// <summary>What the nodes of a pool are called.</summary>
    public static IReadOnlyList<string> NamesOf(string agent, IReadOnlyList<int> nodes) => [.. nodes.Select(n => SimulatedBackend.NodeName(agent, n))];

    /// <summary>It holds nodes now and is to run.</summary>
    public void Start(JobProgress job)
    {
        (job.Stage, job.Asked, job.UnansweredSince) = (JobStage.Starting, IsRecalling, null);
        _starting.Add(job);
    }

    public void Cancel(JobProgress job)
    {
        if (job is { Start: { } start, Asked: true })
        {
            _running.Remove(start.Key);
            _cancelling[start.Key] = (job, start);
        }
    }

    /// <summary>Another process saw the backend take it.</summary>
    public void Recall(JobProgress job, StartTaken taken)
    {
        if (job.Stage == JobStage.Starting && job.Start!.Key == taken.Key)
        {
            Take(job, taken.Id);
        }
    }

    /// <summary>Another process saw its end.</summary>
    public void Recall(JobProgress job, StartEnded ended)
    {
        _running.Remove(ended.Key);
        _cancelling.Remove(ended.Key);
        if (ended.IsOpen && job.Start is { } start)
        {
            _cancelling[ended.Key] = (job, start);
        }

        (job.Stage, job.Lost) = (ended.GivenUp ? JobStage.GivenUp : JobStage.Ended, ended.Lost);
        job.Result = ended.Result with { Votes = job.Result.Votes, Certificate = job.Result.Certificate };
        _ended.Add(job);
    }

    /// <summary>Jobs that ended, were lost or had to be given up since the last call.</summary>
    public IReadOnlyList<JobProgress> TakeEnded()
    {
        JobProgress[] taken = [.. _ended];
        _ended.Clear();
        return taken;
    }

    /// <summary>Names of the jobs that the backend runs on a node.</summary>
    public IEnumerable<string> RunningOn(BackendNode node) => _running.Values.Where(j => j.Start!.Pool == node.Pool && j.Result.Nodes.Contains(node.Name)).Select(j => j.Spec.Name);

    public async Task UpdateAsync(CancellationToken cancellationToken)
    {
        var looked = _cancelling.Count > 0;
        if (looked)
        {
            await LookAsync(cancellationToken);
        }

        // One that was lost and placed again in between is there twice.
        foreach (var job in _starting.Distinct().Where(j => j.Stage == JobStage.Starting))
        {
            await (_cancelling.Count > 0 && _cancelling.Values.Any(c => c.Job == job) ? HoldAsync(job, cancellationToken) : SubmitAsync(job, cancellationToken));
        }

        _starting.RemoveAll(j => j.Stage != JobStage.Starting);
        if (!looked && _running.Count > 0)
        {
            await LookAsync(cancellationToken);
        }
    }

    /// <summary>Tries for half a minute to cancel what was given up.</summary>
    /// <returns>Keys that the backend may still run.</returns>
    public async Task<IReadOnlyList<string>> CloseAsync(CancellationToken cancellationToken)
    {
        var until = time.Now + ClosePatience;
        while (_cancelling.Count > 0)
        {
            await LookAsync(cancellationToken);
            if (_cancelling.Count == 0 || time.Now >= until || !await time.WaitAsync(time.Now + ClosePause, cancellationToken))
            {
                break;
            }
        }

        return [.. _cancelling.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Until an earlier start of the job has ended: both must not run at once.</summary>
    private Task HoldAsync(JobProgress job, CancellationToken cancellationToken)
    {
        job.UnansweredSince ??= time.Now;
        return time.Now - job.UnansweredSince > CancelPatience ? GiveUpAsync(job, "an earlier start of it was cancelled and does not end", cancellationToken) : Task.CompletedTask;
    }

    private async Task SubmitAsync(JobProgress job, CancellationToken cancellationToken)
    {
        job.Asked = true;
        var answer = await backend.SubmitAsync(job.Start!, cancellationToken);
        if (answer.Value is { Id: { } id })
        {
            await (journal?.TakenAsync(new StartTaken(job.Spec.Name, job.Start!.Key, id), cancellationToken) ?? Task.CompletedTask);
            Take(job, id);
            return;
        }

        job.UnansweredSince ??= time.Now;
        if (_running.Count == 0)
        {
            NoteOutage(answer.Unreachable);
        }

        var reason = answer.Reached ? $"the backend refused it: {answer.Value?.Refused}" : $"the backend cannot be reached: {answer.Unreachable}";
        job.Result = job.Result with { Reason = reason };
        // What is refused was not taken. Whether an unanswered submission was is not known: should it turn up, it is cancelled.
        job.Asked = !answer.Reached;
        if (answer.Reached || IsPast(job.UnansweredSince))
        {
            await GiveUpAsync(job, reason, cancellationToken);
        }
    }

    private void Take(JobProgress job, string id)
    {
        (job.Stage, job.UnansweredSince) = (JobStage.Running, null);
        job.Result = job.Result with { BackendId = id, Execution = "running" };
        _running[job.Start!.Key] = job;
    }

    private Task GiveUpAsync(JobProgress job, string reason, CancellationToken cancellationToken)
    {
        Cancel(job);
        job.Stage = JobStage.GivenUp;
        job.Result = job.Result with { Outcome = PlacementOutcome.Failed, Reason = reason };
        return EndAsync(job, job.Start!.Key, cancellationToken);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        // Twice when something was cancelled: what ends at once is not waited for.
        if (await ObserveAsync(cancellationToken))
        {
            await ObserveAsync(cancellationToken);
        }
    }

    /// <returns>Something was cancelled.</returns>
    private async Task<bool> ObserveAsync(CancellationToken cancellationToken)
    {
        var answer = await backend.ObserveAsync(cancellationToken);
        NoteOutage(answer.Unreachable);
        if (answer.Value is not { } seen)
        {
            return false;
        }

        var (known, cancelled) = (0, false);
        var expected = _running.Count + _cancelling.Count;
        foreach (var found in seen)
        {
            if (_cancelling.TryGetValue(found.Key, out var withdrawn))
            {
                known++;
                cancelled |= await SeeWithdrawnAsync(withdrawn.Job, withdrawn.Start, found, cancellationToken);
            }
            else if (_running.TryGetValue(found.Key, out var job))
            {
                known++;
                await SeeAsync(job, found, cancellationToken);
            }
        }

        if (known < expected || _missing.Count > 0)
        {
            await SeekAsync(seen.Select(j => j.Key).ToHashSet(StringComparer.Ordinal), cancellationToken);
        }

        return cancelled;
    }

    private async Task<bool> SeeWithdrawnAsync(JobProgress job, JobStart start, BackendJob found, CancellationToken cancellationToken)
    {
        if (!found.Ended)
        {
            return (await backend.CancelAsync(found.Id, cancellationToken)).Reached;
        }

        _cancelling.Remove(found.Key);
        if (found.State == BackendJobState.Completed && job.Stage != JobStage.Ended)
        {
            // It ended well before it could be cancelled, so nothing is left to run.
            job.Result = job.Result with { Outcome = PlacementOutcome.Placed, Agent = start.Pool, Nodes = found.Nodes, BackendId = found.Id };
            await EndAsync(job, found, cancellationToken);
        }

        return false;
    }

    private async Task SeeAsync(JobProgress job, BackendJob found, CancellationToken cancellationToken)
    {
        job.Result = job.Result with { Nodes = found.Nodes.Count > 0 ? found.Nodes : job.Result.Nodes };
        if (found.Ended)
        {
            _running.Remove(found.Key);
            await EndAsync(job, found, cancellationToken);
        }
    }

    /// <summary>What the backend does not tell of any more, though it took it.</summary>
    private async Task SeekAsync(HashSet<string> seen, CancellationToken cancellationToken)
    {
        foreach (var key in _missing.Keys.Where(k => seen.Contains(k) || !(_running.ContainsKey(k) || _cancelling.ContainsKey(k))).ToList())
        {
            _missing.Remove(key);
        }

        foreach (var key in _running.Keys.Concat(_cancelling.Keys).Where(k => !seen.Contains(k)).ToList())
        {
            var looks = _missing[key] = _missing.GetValueOrDefault(key) + 1;
            if (looks < LooksUntilGone || _cancelling.Remove(key) || !_running.TryGetValue(key, out var job))
            {
                continue;
            }

            var answer = await backend.FindAsync(job.Start!, job.Result.BackendId!, cancellationToken);
            if (answer.Value is { } found)
            {
                await SeeAsync(job, found, cancellationToken);
            }
            else if (answer.Reached || looks >= LooksUntilLost)
            {
                _running.Remove(key);
                job.Stage = JobStage.Ended;
                job.Result = job.Result with { Execution = "lost", Reason = "the backend does not know it any more, nor how it ended; it is not run again, as it may have ended well" };
                await EndAsync(job, key, cancellationToken);
            }
        }
    }

    private Task EndAsync(JobProgress job, BackendJob found, CancellationToken cancellationToken)
    {
        (job.Stage, job.Lost) = (JobStage.Ended, found.State == BackendJobState.NodeFailed);
        job.Result = job.Result with
        {
            Execution = QuorateJson.NameOf(found.State),
            Reason = found.State == BackendJobState.Completed ? null : found.Reason ?? (found.ExitCode is { } code ? $"exit code {code}" : null),
        };
        return EndAsync(job, found.Key, cancellationToken);
    }

    private async Task EndAsync(JobProgress job, string key, CancellationToken cancellationToken)
    {
        if (journal is not null)
        {
            var ended = new StartEnded { Key = key, Result = job.Result with { Votes = [], Certificate = null }, Lost = job.Lost, GivenUp = job.Stage == JobStage.GivenUp, IsOpen = _cancelling.ContainsKey(key) };
            await journal.EndedAsync(ended, cancellationToken);
        }

        _ended.Add(job);
    }

    private void NoteOutage(string? unreachable)
    {
        if ((unreachable is null) != (_outSince is null))
        {
            observer.On(new PlacementProgress { Outage = unreachable ?? "" });
        }

        _outSince = unreachable is null ? null : _outSince ?? time.Now;
        if (unreachable is not null && _running.Count > 0 && IsPast(_outSince))
        {
            GivenUp = $"the backend cannot be reached: {unreachable}";
        }
    }

    private bool IsPast(TimeSpan? since) => time.Now - since > TimeSpan.FromSeconds(options.BackendPatienceS);
}

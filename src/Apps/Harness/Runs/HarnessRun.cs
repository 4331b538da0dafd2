using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Harness.Records;
using Quorate.Harness.Scenarios;
using Quorate.Harness.Sites;

namespace Quorate.Harness.Runs;

/// <summary>One run of one scenario on a site that is healthy: load, disturbances, faults, triage, oracle, and everything taken back.</summary>
internal sealed class HarnessRun(HarnessSite site, HarnessServices services, RunRequest request)
{
    /// <summary>A fault that nobody sees within this is reported by the person all the same.</summary>
    private static readonly TimeSpan DetectionLimit = TimeSpan.FromSeconds(6);

    /// <summary>Beyond the stability window: for health verdicts that lag behind.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(12);

    /// <summary>Disturbances must have passed before a control is judged.</summary>
    private static readonly TimeSpan CalmLimit = TimeSpan.FromSeconds(20);

    /// <summary>How long the engine may overrun its own limit.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly RunClock _clock = new(services.Time);
    private readonly RunFaults _faults = new(site.Injector, services.Time);
    private readonly DateTimeOffset _startedAt = services.Time.GetUtcNow();
    private readonly ScenarioDraw _draw = ScenarioDraw.Of(request.Scenario, request.Seed, request.Noise);
    private PlanningTrace _planning = new();
    private IncidentTrace _incident = new();
    private OracleTrace _oracle = new();
    private IReadOnlyList<LlmRun> _answers = [];

    /// <summary>The evidence, with an error when the harness could not carry the run out; everything is reverted when this ends, however it ends.</summary>
    public async Task<RunEvidence> RunAsync(CancellationToken cancellationToken)
    {
        string? error = null;
        try
        {
            await site.Keeper.PrepareAsync(cancellationToken);
            await ExperimentAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is PlatformException or QuorateException or IOException)
        {
            error = PlainText.Line(failure.Message, 500);
        }
        finally
        {
            // Even after Ctrl-C nothing of a fault may stay behind.
            error = await PutBackAsync(CancellationToken.None) is { } stuck ? (error is null ? stuck : $"{error}; {stuck}") : error;
        }

        return new RunEvidence
        {
            Header = new RunHeader
            {
                Seed = request.Seed,
                Repetition = request.Repetition,
                Arm = request.Arm,
                Noise = request.Noise,
                Platform = request.Platform,
                IncidentText = _draw.Incident,
                Disturbances = _draw.Disturbances,
                Versions = services.Versions,
                StartedAt = _startedAt,
                DurationMs = _clock.NowMs,
                Error = error,
            },
            Scenario = request.Scenario,
            Planning = _planning,
            Answers = _answers,
            Incident = _incident,
            Oracle = _oracle,
        };
    }

    private async Task ExperimentAsync(CancellationToken cancellationToken)
    {
        await using var watch = new SiteWatch(site.Prober, _clock);
        await using var load = request.Scenario.Load is { } declared ? new LoadGenerator(site.Site, declared, _draw.LoadSeed, _clock) : null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var disturbing = new DisturbanceSchedule(site.Site, site.Platform, load, _clock, services.Time).RunAsync(_draw.Disturbances, ending.Token);
        try
        {
            // Opened before anything breaks: a Quorate on duty has its store and keys at hand.
            var triage = await services.CreateTriage(site.Site, site.Platform, cancellationToken);
            await BreakAsync(watch, disturbing, cancellationToken);
            await TriageAsync(triage, cancellationToken);
            await JudgeAsync(watch, cancellationToken);
        }
        finally
        {
            await ending.CancelAsync();
            await ((Task)disturbing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _oracle = _oracle.WindowEndedMs is null ? _oracle with { Readings = watch.Readings } : _oracle;
            _incident = _incident with { Remarks = disturbing.IsCompletedSuccessfully ? await disturbing : [], Load = load?.Counts };
        }
    }

    private async Task BreakAsync(SiteWatch watch, Task disturbing, CancellationToken cancellationToken)
    {
        var began = _clock.NowMs;
        foreach (var fault in request.Scenario.Faults.OrderBy(f => f.AtS))
        {
            await _clock.UntilAsync(began + (fault.AtS * 1_000), cancellationToken);
            await _faults.InjectAsync(fault, cancellationToken);
            _incident = _incident with { Faults = _faults.Told, InjectedMs = _clock.NowMs };
        }

        if (_incident.InjectedMs is { } injected)
        {
            var seen = await watch.WaitForAsync(r => !r.Passed, injected, DetectionLimit, cancellationToken);
            _incident = _incident with { TriggerMs = seen?.AtMs };
            return;
        }

        await disturbing.WaitAsync(cancellationToken);
        await watch.WaitForAsync(r => r.Passed, _clock.NowMs, CalmLimit, cancellationToken);
    }

    private async Task TriageAsync(TriageServices triage, CancellationToken cancellationToken)
    {
        var draws = new PlannerDraws();
        var (planner, recipe) = RunPlanner.Create(request.Arm, services, triage, _faults.Remedies(), draws);
        var recorder = new RecordingPlanner(planner, draws, _clock);
        var observer = new RunObserver(_clock, recorder);
        var limit = TimeSpan.FromSeconds(request.Scenario.TimeoutS);
        var engine = new TriageEngine(triage with { Planner = recorder }, services.Triage with
        {
            MaxDuration = limit,
            VerifyWindow = TimeSpan.FromSeconds(request.Scenario.StabilityWindowS),
            Seed = (int)request.Seed,
        });
        using var deadline = new CancellationTokenSource(limit + Grace, services.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        _incident = _incident with { TriageBeganMs = _clock.NowMs };
        TriageResult? result = null;
        try
        {
            result = await engine.RunAsync(_draw.Incident, observer, both.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // A triage that never ends is a failure of the arm, not of the harness.
            _incident = _incident with { Outcome = TriageOutcome.Unresolved };
        }

        _incident = Told(observer.Into(_incident with { TriageEndedMs = _clock.NowMs }), observer, result);
        _planning = new PlanningTrace { Site = QuorateJson.ToElement(RecordingPlanner.Masked(site.Site)), Recipe = recipe, Steps = recorder.Steps };
        _answers = result is null ? [] : await AnswersAsync(triage, result.IncidentId, cancellationToken);
    }

    private async Task JudgeAsync(SiteWatch watch, CancellationToken cancellationToken)
    {
        var ended = _incident.TriageEndedMs!.Value;
        var window = TimeSpan.FromSeconds(request.Scenario.StabilityWindowS);
        var evidence = new RunEvidence { Header = null!, Scenario = request.Scenario, Incident = _incident };
        await watch.WaitForAsync(
            _ => Metrics.RunJudge.FindWindow(evidence with { Oracle = new OracleTrace { Readings = watch.Readings } }) is not null, ended, window + SettleLimit, cancellationToken);
        _oracle = _oracle with
        {
            // First: what the oracle's own questions do to a busy machine from here on is not the site's.
            Readings = watch.Readings,
            FailuresAtEnd = await site.Prober.LookAsync(cancellationToken),
            Invariants = await _faults.CheckInvariantsAsync(cancellationToken),
            Differences = await site.Keeper.DifferencesAsync(cancellationToken),
            WindowEndedMs = _clock.NowMs,
        };
    }

    /// <summary>Null when nothing is left of the run, else what is.</summary>
    private async Task<string?> PutBackAsync(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        try
        {
            await _faults.RevertAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is PlatformException or QuorateException or IOException)
        {
            problems.Add(failure.Message);
        }

        try
        {
            // What an arm has spoilt for good is its own failure; the next run tells when the site cannot be used any more.
            _oracle = _oracle with { Left = await site.Keeper.RestoreAsync(cancellationToken) };
        }
        catch (Exception failure) when (failure is PlatformException or QuorateException or IOException)
        {
            problems.Add(failure.Message);
        }

        return problems.Count == 0 ? null : PlainText.Line($"not put back: {string.Join("; ", problems)}", 500);
    }

    private static IncidentTrace Told(IncidentTrace trace, RunObserver observer, TriageResult? result) => result is null ? trace : trace with
    {
        Outcome = result.Outcome,
        RootCause = result.RootCause,
        RootService = result.RootService,
        Verified = result.Verified,
        TimingsMs = result.TimingsMs,
        Tasks = [.. result.Tasks.Select(t => Told(t, observer.TimesOf(t.PlanVersion, t.TaskId)))],
    };

    /// <summary>A look that found something bad has done its work; a check that did not hold, and an action that failed, have not.</summary>
    private static TaskTrace Told(TaskReport task, (double? Began, double? Ended) times) =>
        new(task.PlanVersion, task.TaskId, times.Began is not null, task.Status, GaveEvidence: task.Status == "OK", PlainText.Line(task.Out, 300), times.Began, times.Ended);

    private static async Task<IReadOnlyList<LlmRun>> AnswersAsync(TriageServices triage, string incidentId, CancellationToken cancellationToken)
    {
        var runs = new List<LlmRun>();
        await foreach (var entry in triage.Ledger.ReadAsync(new Engine.Ports.LedgerFilter { Subject = incidentId, Kinds = [LedgerKinds.LlmRun] }, cancellationToken))
        {
            runs.Add(entry.Read<LlmRun>());
        }

        return runs;
    }
}

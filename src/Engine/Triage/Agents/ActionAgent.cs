using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Agents;

/// <summary>
/// Changes the site, by allow-listed types only, and only towards what the Compose file declares. Each action observes
/// first: an effect that is already there is not repeated, so a task may be dispatched again after a crash.
/// </summary>
public sealed class ActionAgent(Site site, IPlatform platform, HttpClient http, AgentSettings settings, TimeProvider time) : IAgent
{
    private static readonly TimeSpan ExecTimeout = TimeSpan.FromSeconds(30);
    private static readonly string[] ConfigurationAspects = ["environment", "image", "command", "networks", "limits", "ports"];

    private readonly EndpointCheck _endpoints = new(new HttpProbe(http, time));

    public string Name => AgentNames.Action;

    /// <summary>Asks the services themselves and puts values back; null where they cannot be asked.</summary>
    public ConfigurationWatch? Watch { get; init; }

    public async Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken)
    {
        if (site.Find(task.Target) is not { } spec)
        {
            return ResultKeys.Refuse($"{task.Target} is not a service of the site");
        }

        try
        {
            var before = await FindAsync(spec.Name, cancellationToken);
            return task.Type switch
            {
                "http_check" => await _endpoints.RunAsync(task, spec, before, cancellationToken),
                "exec" => await ExecAsync(task, spec, context, cancellationToken),
                "kubectl_rollout_restart" => await RolloutRestart.RunAsync(settings.Kubectl, task, context, cancellationToken),
                _ => await ChangeAsync(task, spec, before, context, cancellationToken),
            };
        }
        catch (PlatformException e)
        {
            return TaskResult.Fail($"{task.Type} of {task.Target} failed: {e.Message}", ("effect_key", context.EffectKey), (ResultKeys.Retryable, e.Retryable));
        }
    }

    /// <summary>How the task's effect would be taken back, from what is there now. Called before the effect's intent is recorded.</summary>
    public async Task<InverseAction> FindInverseAsync(PlanTask task, CancellationToken cancellationToken)
    {
        if (site.Find(task.Target) is not { } spec)
        {
            return InverseAction.None;
        }

        try
        {
            var view = task.Type == "restore_config" && Watch is not null ? await Watch.LookAsync(spec.Name, cancellationToken) : null;
            return InverseAction.Of(task, spec, await FindAsync(spec.Name, cancellationToken), platform.Name, view);
        }
        catch (PlatformException)
        {
            // The action will observe again and report the reason itself.
            return InverseAction.None;
        }
    }

    private async Task<TaskResult> ChangeAsync(PlanTask task, ServiceSpec spec, ServiceObservation? before, TaskContext context, CancellationToken cancellationToken)
    {
        var change = task.Type switch
        {
            "restart" => await RestartAsync(spec, before, context, cancellationToken),
            "start" => await StartAsync(spec, before, context, cancellationToken),
            "unpause" => await UnpauseAsync(spec, before, cancellationToken),
            "scale" => await ScaleAsync(spec, before, context, cancellationToken),
            "set_env" => await SetEnvironmentAsync(task, spec, before, context, cancellationToken),
            "reconcile" => await ReconcileAsync(spec, before, context, cancellationToken),
            "restore_config" => await RestoreConfigurationAsync(task, spec, context, cancellationToken),
            "end_sessions" => await EndSessionsAsync(spec, cancellationToken),
            _ => Change.Refused($"{Name} does not know the task type {task.Type}"),
        };
        Watch?.Forget();
        if (change.Refusal is { } reason)
        {
            return ResultKeys.Refuse(reason, ("before", State(before)), ("effect_key", context.EffectKey));
        }

        var after = await FindAsync(spec.Name, cancellationToken);
        return TaskResult.Ok(
            change.AlreadyDone ? $"{spec.Name}: nothing to do, {change.Text}." : $"{spec.Name}: {change.Text}.",
            ("before", State(before)),
            ("after", State(after)),
            ("effect_key", context.EffectKey),
            (ResultKeys.AlreadyDone, change.AlreadyDone),
            (ResultKeys.DataToken, change.DataToken));
    }

    private async Task<Change> RestartAsync(ServiceSpec spec, ServiceObservation? before, TaskContext context, CancellationToken cancellationToken)
    {
        if (IsDone(before, context))
        {
            return Change.Nothing("it has been restarted for this task already");
        }

        await platform.RestartAsync(spec.Name, context.EffectKey, context.IntendedAt, cancellationToken);
        return new Change("restarted");
    }

    private async Task<Change> StartAsync(ServiceSpec spec, ServiceObservation? before, TaskContext context, CancellationToken cancellationToken)
    {
        if (before?.State == ServiceState.Running)
        {
            return Change.Nothing("it runs");
        }

        if (before?.State == ServiceState.Paused)
        {
            return Change.Refused($"{spec.Name} is paused, not stopped; use unpause");
        }

        await platform.StartAsync(spec.Name, context.EffectKey, cancellationToken);
        return new Change("started");
    }

    private async Task<Change> UnpauseAsync(ServiceSpec spec, ServiceObservation? before, CancellationToken cancellationToken)
    {
        if (before?.State == ServiceState.Running)
        {
            return Change.Nothing("it is not paused");
        }

        if (before?.State != ServiceState.Paused)
        {
            return Change.Refused($"{spec.Name} is {State(before)}, not paused; use start");
        }

        await platform.UnpauseAsync(spec.Name, cancellationToken);
        return new Change("unpaused");
    }

    private async Task<Change> ScaleAsync(ServiceSpec spec, ServiceObservation? before, TaskContext context, CancellationToken cancellationToken)
    {
        if (before?.State == ServiceState.Running && before.Replicas == spec.Replicas)
        {
            return Change.Nothing($"{spec.Replicas} replicas run");
        }

        await platform.ScaleAsync(spec.Name, spec.Replicas, context.EffectKey, cancellationToken);
        return new Change($"scaled to {spec.Replicas} replicas");
    }

    private async Task<Change> SetEnvironmentAsync(PlanTask task, ServiceSpec spec, ServiceObservation? before, TaskContext context, CancellationToken cancellationToken)
    {
        var name = task.Text("name") ?? "";
        if (!DriftDetector.DeclaredEnvironment(spec, platform.Name).TryGetValue(name, out var declared))
        {
            return Change.Refused($"the Compose file declares no variable \"{PlainText.Line(name, 80)}\" for {spec.Name}");
        }

        var actual = before?.Environment ?? new Dictionary<string, string>();
        if (before?.State == ServiceState.Running && actual.GetValueOrDefault(name) == declared)
        {
            return Change.Nothing($"{name} has its declared value");
        }

        // A stopped service without a readable environment gets the declared one: there is nothing else to keep.
        var wanted = actual.Count == 0 ? null : new Dictionary<string, string>(actual, StringComparer.Ordinal) { [name] = declared };
        await platform.RecreateAsync(spec.Name, wanted, context.EffectKey, context.IntendedAt, cancellationToken);
        return new Change($"{name} set to its declared value {SecretMask.Value(name, declared)}");
    }

    /// <summary>Data folders first, then the lightest step that brings the service to its declaration.</summary>
    private async Task<Change> ReconcileAsync(ServiceSpec spec, ServiceObservation? before, TaskContext context, CancellationToken cancellationToken)
    {
        var drift = DriftDetector.Detect(site, spec, before, platform.Name);
        var configuration = drift.Any(d => ConfigurationAspects.Contains(d.Aspect, StringComparer.Ordinal));
        var state = before?.State ?? ServiceState.Missing;
        // Repeating a repair gives its token again, which an undo may need.
        var token = before is { DataProblems.Count: > 0 } || context.Attempt > 1
            ? await platform.RepairDataAsync(spec.Name, context.EffectKey, cancellationToken)
            : null;
        // Scaling leaves no mark on what runs: as declared after a first attempt counts as done.
        if (drift.Count == 0 && (IsDone(before, context) || (context.Attempt > 1 && spec.Replicas > 1)))
        {
            return Change.Nothing("it has been reconciled for this task already") with { DataToken = token };
        }

        var repaired = token is null ? "" : "data folders repaired, ";
        // What a signal or an operator has ended is started; what failed by itself would fail again as it is.
        if (!configuration && (state == ServiceState.Missing || before is { State: ServiceState.Stopped, ExitCode: null or 0 or > 128 }))
        {
            await platform.StartAsync(spec.Name, context.EffectKey, cancellationToken);
            return new Change($"{repaired}started as declared") { DataToken = token };
        }

        if (drift is [{ Aspect: "replicas" }])
        {
            await platform.ScaleAsync(spec.Name, spec.Replicas, context.EffectKey, cancellationToken);
            return new Change($"scaled to {spec.Replicas} replicas");
        }

        await platform.RecreateAsync(spec.Name, null, context.EffectKey, context.IntendedAt, cancellationToken);
        return new Change($"{repaired}recreated as declared") { DataToken = token };
    }

    private async Task<Change> RestoreConfigurationAsync(PlanTask task, ServiceSpec spec, TaskContext context, CancellationToken cancellationToken)
    {
        var key = task.Text("key") ?? "";
        if (Watch is not { HasBaseline: true })
        {
            return Change.Refused($"how {spec.Name} was while healthy is not known");
        }

        if (await Watch.FindAsync(spec.Name, key, cancellationToken) is null)
        {
            return Change.Nothing($"{PlainText.Line(key, 200)} does not differ from the healthy site");
        }

        if (await Watch.RestoreAsync(spec.Name, key, cancellationToken) is not { } restored)
        {
            return Change.Refused($"there is no safe way to put {PlainText.Line(key, 200)} of {spec.Name} back");
        }

        if (restored.RestartNeeded)
        {
            await platform.RestartAsync(spec.Name, context.EffectKey, context.IntendedAt, cancellationToken);
        }

        return new Change(restored.Text + (restored.RestartNeeded ? ", and restarted for it to take effect" : ""));
    }

    private async Task<Change> EndSessionsAsync(ServiceSpec spec, CancellationToken cancellationToken) =>
        Watch is null || await Watch.EndSessionsAsync(spec.Name, cancellationToken) is not { } text
            ? Change.Refused($"{spec.Name} has no sessions that could be ended")
            : new Change(text);

    private async Task<TaskResult> ExecAsync(PlanTask task, ServiceSpec spec, TaskContext context, CancellationToken cancellationToken)
    {
        var name = task.Text("command") ?? "";
        if (!settings.Commands.TryGetValue(name, out var command) || command.Count == 0)
        {
            var allowed = settings.Commands.Count == 0 ? "none" : string.Join(", ", settings.Commands.Keys.Order(StringComparer.Ordinal));
            return ResultKeys.Refuse($"command \"{PlainText.Line(name, 80)}\" is not in the configuration's allow-list; allowed: {allowed}");
        }

        if (context.Attempt > 1)
        {
            // Nothing shows whether an arbitrary command has had its effect, so it is never run twice.
            return ResultKeys.Refuse($"command {name} may have run already and is not repeated", ("effect_key", context.EffectKey));
        }

        var outcome = await platform.ExecAsync(spec.Name, command, ExecTimeout, cancellationToken);
        var output = PlainText.Line(outcome.Output, 1_000);
        return outcome.ExitCode == 0
            ? TaskResult.Ok($"{spec.Name}: ran {name}.", ("exit_code", 0), ("output", output), ("effect_key", context.EffectKey), (ResultKeys.AlreadyDone, false))
            : ResultKeys.Refuse($"{spec.Name}: {name} ended with exit code {outcome.ExitCode}: {PlainText.Line(output, 200)}", ("exit_code", outcome.ExitCode), ("output", output), ("effect_key", context.EffectKey));
    }

    /// <summary>The running service was started by this very effect, or, where the platform cannot tell, since a first attempt.</summary>
    private static bool IsDone(ServiceObservation? observed, TaskContext context) =>
        observed is { State: ServiceState.Running }
        && (observed.EffectKey is { } key ? key == context.EffectKey : context.Attempt > 1 && observed.StartedAt >= context.IntendedAt);

    private async Task<ServiceObservation?> FindAsync(string service, CancellationToken cancellationToken) =>
        (await platform.ObserveAsync(cancellationToken)).FirstOrDefault(o => o.Name == service);

    private static string State(ServiceObservation? observed) => (observed?.State ?? ServiceState.Missing).ToString().ToLowerInvariant();

    private sealed record Change(string Text)
    {
        public bool AlreadyDone { get; init; }
        public string? DataToken { get; init; }
        public string? Refusal { get; init; }

        public static Change Nothing(string text) => new(text) { AlreadyDone = true };

        public static Change Refused(string reason) => new("") { Refusal = reason };
    }
}

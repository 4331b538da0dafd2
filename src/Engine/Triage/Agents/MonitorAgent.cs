using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Agents;

/// <summary>
/// Looks from outside: probes, drift, and a stability window. What a look finds is OK with a finding;
/// only <c>verify</c> fails by what it sees, because holding is what it was asked for.
/// </summary>
public sealed class MonitorAgent(Site site, IPlatform platform, SiteProber prober, SiteMonitor monitor) : IAgent
{
    private const int MaxListed = 30;
    private const int MaxText = 1_500;

    public string Name => AgentNames.Monitor;

    /// <summary>Asks the services themselves; null where they cannot be asked.</summary>
    public ConfigurationWatch? Watch { get; init; }

    public async Task<TaskResult> ExecuteAsync(PlanTask task, TaskContext context, CancellationToken cancellationToken)
    {
        var spec = site.Find(task.Target);
        if (spec is null)
        {
            return ResultKeys.Refuse($"{task.Target} is not a service of the site");
        }

        try
        {
            return task.Type switch
            {
                "check_health" => await CheckHealthAsync(spec, cancellationToken),
                "check_drift" => await CheckDriftAsync(spec, cancellationToken),
                "check_config" => await CheckConfigurationAsync(spec, cancellationToken),
                "verify" => await VerifyAsync(task, spec, cancellationToken),
                _ => ResultKeys.Refuse($"{Name} does not know the task type {task.Type}"),
            };
        }
        catch (PlatformException e)
        {
            return TaskResult.Fail($"{task.Target} cannot be observed: {e.Message}", (ResultKeys.Retryable, e.Retryable));
        }
    }

    private async Task<TaskResult> CheckHealthAsync(ServiceSpec spec, CancellationToken cancellationToken)
    {
        var status = await prober.ProbeServiceAsync(spec, await FindAsync(spec, cancellationToken), cancellationToken);
        var text = status.Healthy ? $"{spec.Name} is healthy: {status.Detail ?? "it runs"}." : $"{spec.Name} is not healthy: {status.Detail}.";
        return TaskResult.Ok(
            text,
            ("healthy", status.Healthy),
            ("state", status.State),
            ("latency_ms", status.LatencyMs),
            (ResultKeys.Finding, status.Healthy ? null : text));
    }

    private async Task<TaskResult> CheckDriftAsync(ServiceSpec spec, CancellationToken cancellationToken)
    {
        var drift = DriftDetector.Detect(site, spec, await FindAsync(spec, cancellationToken), platform.Name);
        var text = drift.Count == 0
            ? $"{spec.Name} runs as declared."
            : $"{spec.Name} differs from its declaration: {string.Join("; ", drift.Select(Describe))}.";
        return TaskResult.Ok(text, ("drift", drift), (ResultKeys.Finding, drift.Count == 0 ? null : text));
    }

    private async Task<TaskResult> CheckConfigurationAsync(ServiceSpec spec, CancellationToken cancellationToken)
    {
        if (Watch is null || await Watch.LookAsync(spec.Name, cancellationToken) is not { } view || view.Now.Find(spec.Name) is not { } now)
        {
            return TaskResult.Ok($"{spec.Name} cannot be asked for its configuration here.");
        }

        var differences = view.Of(spec.Name).Take(MaxListed).ToList();
        List<string> found =
        [
            .. now.Failure is { } failure ? [failure] : (string[])[],
            .. now.Conditions.Select(c => $"{c.Kind}: {c.Detail}"),
            .. differences.Select(d => $"{d.Key} is {d.Actual ?? "absent"} instead of {d.Healthy ?? "absent"}"),
        ];
        var text = found.Count == 0 ? $"{spec.Name} ({now.Kind}) {(Watch.HasBaseline ? "is configured as while it was healthy" : "reports nothing wrong")}."
            : PlainText.Line($"{spec.Name} ({now.Kind}): {string.Join("; ", found)}.", MaxText);
        return TaskResult.Ok(
            text,
            ("kind", now.Kind),
            ("differences", differences.Select(d => new { d.Key, d.Healthy, d.Actual, restorable = view.Restorable.Contains(d) })),
            ("conditions", now.Conditions),
            (ResultKeys.Finding, found.Count == 0 ? null : text));
    }

    private async Task<TaskResult> VerifyAsync(PlanTask task, ServiceSpec spec, CancellationToken cancellationToken)
    {
        var report = await monitor.VerifyAsync(
            new VerifyRequest
            {
                Window = task.Duration("window", VerifyRequest.DefaultWindow),
                Services = WithDependants(spec.Name),
                Suspects = [spec.Name],
            },
            cancellationToken);
        var meta = new (string, object?)[]
        {
            ("passed", report.Passed), ("rounds", report.Rounds), ("deviations", report.Deviations),
            (ResultKeys.Finding, report.Passed ? null : report.Deviations[0]),
        };
        return report.Passed
            ? TaskResult.Ok($"{spec.Name} and what depends on it stayed healthy through {report.Rounds.ToString(CultureInfo.InvariantCulture)} rounds.", meta)
            : ResultKeys.Refuse($"{spec.Name} did not hold: {string.Join("; ", report.Deviations)}.", meta);
    }

    /// <summary>The service and everything that depends on it, directly or through others.</summary>
    private HashSet<string> WithDependants(string service)
    {
        var found = new HashSet<string>(StringComparer.Ordinal) { service };
        while (site.Services.FirstOrDefault(s => !found.Contains(s.Name) && s.DependsOn.Any(d => found.Contains(d.Service))) is { } next)
        {
            found.Add(next.Name);
        }

        return found;
    }

    private async Task<ServiceObservation?> FindAsync(ServiceSpec spec, CancellationToken cancellationToken) =>
        (await platform.ObserveAsync(cancellationToken)).FirstOrDefault(o => o.Name == spec.Name);

    private static string Describe(Drift drift) => drift.Aspect == "environment"
        ? $"{drift.Name} is {drift.Actual ?? "absent"} instead of {drift.Declared}"
        : $"{drift.Aspect} {drift.Name}: {drift.Actual ?? "absent"} instead of {drift.Declared ?? "none"}";
}

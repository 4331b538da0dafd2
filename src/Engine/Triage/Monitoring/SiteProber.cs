using System.Collections.Concurrent;
using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>
/// Asks the running site itself whether it works, independently of agents and planners. A service passes when it runs,
/// has its replicas, its health check passes, its published ports accept, and no HTTP port of it answers GET / with 5xx.
/// </summary>
public sealed class SiteProber(Site site, IPlatform platform, HttpClient http, TimeProvider time)
{
    /// <summary>A health address must answer 2xx within this.</summary>
    public static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1.5);

    /// <summary>A probe of the whole site passes through several services.</summary>
    public static readonly TimeSpan SiteProbeTimeout = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan MaxExecTimeout = TimeSpan.FromSeconds(5);

    // Servers of these ports speak a protocol of their own and may log or count a GET as an attack.
    private static readonly HashSet<int> BinaryPorts = [5432, 3306, 6379, 5672, 27017, 9092, 11211, 2181, 1433];

    /// <summary>A program that passed this long ago is not run again: each run costs the container's host a tenth of a second of processor time.</summary>
    public static readonly TimeSpan CheckLife = TimeSpan.FromSeconds(1);

    private readonly HttpProbe _http = new(http, time);
    private readonly ConcurrentDictionary<string, PassedCheck> _passed = new(StringComparer.Ordinal);

    public async Task<SiteStatus> ProbeAsync(CancellationToken cancellationToken) =>
        await ProbeAsync(await platform.ObserveAsync(cancellationToken), cancellationToken);

    public Task<SiteStatus> ProbeAsync(IReadOnlyList<ServiceObservation> observations, CancellationToken cancellationToken) =>
        ProbeAsync(observations, null, cancellationToken);

    /// <summary>Only the services named, and then without the probes of the site as a whole; null means everything.</summary>
    public async Task<SiteStatus> ProbeAsync(IReadOnlyList<ServiceObservation> observations, IReadOnlyCollection<string>? only, CancellationToken cancellationToken)
    {
        var services = Task.WhenAll(site.Services.Where(s => only?.Contains(s.Name) ?? true).Select(s => ProbeServiceAsync(s, observations.FirstOrDefault(o => o.Name == s.Name), cancellationToken)));
        var failures = await Task.WhenAll(site.Probes.Where(_ => only is null).Select(p => ProbeSiteAsync(p, cancellationToken)));
        var statuses = await services;
        var failed = failures.OfType<string>().ToList();
        return new SiteStatus(platform.Name, failed.Count == 0 && statuses.All(s => s.Healthy), statuses) { Failures = failed };
    }

    public async Task<ServiceStatus> ProbeServiceAsync(ServiceSpec spec, ServiceObservation? observed, CancellationToken cancellationToken)
    {
        var latency = new Latency();
        var problem = StateProblem(spec, observed);
        if (problem is null && observed!.State == ServiceState.Running)
        {
            problem = await HealthProblemAsync(spec, observed, latency, cancellationToken)
                ?? await PortProblemAsync(spec, observed, latency, cancellationToken);
        }

        return new ServiceStatus
        {
            Name = spec.Name,
            State = observed?.State ?? ServiceState.Missing,
            Healthy = problem is null,
            Pid = observed?.Pid,
            ContainerId = observed?.ContainerId,
            Endpoints = observed?.Endpoints ?? [],
            StartedAt = observed?.StartedAt,
            Detail = problem ?? latency.Text,
            LatencyMs = latency.Ms,
        };
    }

    private string? StateProblem(ServiceSpec spec, ServiceObservation? observed)
    {
        var drift = DriftDetector.Detect(site, spec, observed is null ? null : observed with
        {
            Environment = new Dictionary<string, string>(),
            DataProblems = [],
            PlatformDrift = [],
        }, DriftDetector.ProcessPlatform);
        return drift switch
        {
            [] => null,
            [{ Aspect: "replicas" } d, ..] => $"{d.Actual} of {d.Declared} replicas run",
            [var d, ..] => $"is {d.Actual}, declared {d.Declared}",
        };
    }

    private async Task<string?> HealthProblemAsync(ServiceSpec spec, ServiceObservation observed, Latency latency, CancellationToken cancellationToken)
    {
        var ports = observed.Ports.Count > 0 ? observed.Ports : spec.Ports;
        if (spec.Health is { } declared)
        {
            var answer = await _http.GetAsync(declared, ProbeTimeout, cancellationToken);
            latency.Set(answer);
            return answer.IsSuccess ? null : $"health check {declared.PathAndQuery}: {Describe(answer)}";
        }

        if (platform.Name != DriftDetector.ProcessPlatform && DeclaredHealthCheck.FindHostUrl(spec, ports) is { } mapped)
        {
            var answer = await _http.GetAsync(mapped, ProbeTimeout, cancellationToken);
            latency.Set(answer);
            return answer.Status is >= 200 and < 400 ? null : $"health check {mapped.PathAndQuery}: {Describe(answer)}";
        }

        if (platform.Name != DriftDetector.ProcessPlatform && DeclaredHealthCheck.IsDeclared(spec.HealthCheck))
        {
            return await RunCheckAsync(spec, observed, latency, cancellationToken);
        }

        return observed.EngineHealth == "unhealthy" ? "the engine reports it unhealthy" : null;
    }

    private async Task<string?> RunCheckAsync(ServiceSpec spec, ServiceObservation observed, Latency latency, CancellationToken cancellationToken)
    {
        if (_passed.TryGetValue(spec.Name, out var passed) && passed.ContainerId == observed.ContainerId && passed.StartedAt == observed.StartedAt && time.GetElapsedTime(passed.At) < CheckLife)
        {
            latency.Set(passed.Ms, true);
            return null;
        }

        var check = spec.HealthCheck!;
        var timeout = check.Timeout > TimeSpan.Zero && check.Timeout < MaxExecTimeout ? check.Timeout : MaxExecTimeout;
        var began = time.GetTimestamp();
        try
        {
            var outcome = await platform.ExecAsync(spec.Name, DeclaredHealthCheck.Command(check), timeout, cancellationToken);
            var ms = time.GetElapsedTime(began).TotalMilliseconds;
            latency.Set(ms, outcome.ExitCode == 0);
            if (outcome.ExitCode == 0)
            {
                _passed[spec.Name] = new PassedCheck(observed.ContainerId, observed.StartedAt, time.GetTimestamp(), ms);
            }

            return outcome.ExitCode == 0 ? null : $"health check ends with exit code {outcome.ExitCode}: {PlainText.Line(outcome.Output, 200)}";
        }
        catch (PlatformException e)
        {
            return $"health check could not run: {PlainText.Line(e.Message, 200)}";
        }
    }

    private async Task<string?> PortProblemAsync(ServiceSpec spec, ServiceObservation observed, Latency latency, CancellationToken cancellationToken)
    {
        var targets = observed.Endpoints.Select(e => (e.Host, e.Port, Inner: e.Port)).ToList();
        if (platform.Name != DriftDetector.ProcessPlatform)
        {
            targets.AddRange(observed.Ports.Where(p => p.HostPort > 0 && p.Protocol == "tcp")
                .Select(p => (Host: DeclaredHealthCheck.HostOf(p), Port: p.HostPort, Inner: p.ContainerPort)));
        }

        // Of the same host port, the mapping that knows the container's port says more than the endpoint.
        var distinct = targets.Where(t => t.Port > 0).GroupBy(t => t.Port).Select(g => g.Last());
        var problems = await Task.WhenAll(distinct.Select(t => PortProblemAsync(spec, t.Host, t.Port, t.Inner, latency, cancellationToken)));
        return problems.OfType<string>().FirstOrDefault();
    }

    private async Task<string?> PortProblemAsync(ServiceSpec spec, string host, int port, int innerPort, Latency latency, CancellationToken cancellationToken)
    {
        if (await _http.ConnectAsync(host, port, ProbeTimeout, cancellationToken) is { } refused)
        {
            return refused;
        }

        if (BinaryPorts.Contains(port) || BinaryPorts.Contains(innerPort) || spec.Health?.Port == port)
        {
            return null;
        }

        // Silence or another protocol is no verdict here: the port accepted, and only HTTP's own 5xx says that it fails.
        var answer = await _http.GetAsync(new UriBuilder(Uri.UriSchemeHttp, host, port, "/").Uri, ProbeTimeout, cancellationToken);
        if (answer.Status is not null)
        {
            latency.Set(answer);
        }

        return answer.Status >= 500 ? $"port {port.ToString(CultureInfo.InvariantCulture)}: GET / answers {Describe(answer)}" : null;
    }

    private async Task<string?> ProbeSiteAsync(SiteProbe probe, CancellationToken cancellationToken)
    {
        var answer = await _http.SendAsync(probe, SiteProbeTimeout, cancellationToken);
        return answer.Status == probe.ExpectStatus
            ? null
            : $"{probe.Name}: {probe.Method} {probe.Url.PathAndQuery} answers {Describe(answer)}, expected {probe.ExpectStatus}";
    }

    private static string Describe(HttpAnswer answer) =>
        answer.Status is { } status ? $"status {status.ToString(CultureInfo.InvariantCulture)}" : answer.Error ?? "nothing";

    private sealed record PassedCheck(string? ContainerId, DateTimeOffset? StartedAt, long At, double Ms);

    private sealed class Latency
    {
        public double? Ms { get; private set; }

        public string? Text => Ms is { } ms ? string.Create(CultureInfo.InvariantCulture, $"answered in {ms:0} ms") : null;

        public void Set(HttpAnswer answer) => Set(answer.LatencyMs, answer.Status is not null);

        public void Set(double ms, bool answered) => Ms ??= answered ? Math.Round(ms, 2) : null;
    }
}

using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>What to hold the site to. Services null means all of them and the site's own probes.</summary>
public sealed record VerifyRequest
{
    public static readonly TimeSpan DefaultWindow = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan DefaultSettle = TimeSpan.FromSeconds(15);

    /// <summary>How long every probe must pass without a break.</summary>
    public TimeSpan Window { get; init; } = DefaultWindow;

    /// <summary>How long the first round without a failure may take to come; zero means that the first round decides.</summary>
    public TimeSpan Settle { get; init; } = DefaultSettle;

    /// <summary>How the site was before; null when nothing was done to it.</summary>
    public SiteBaseline? Baseline { get; init; }

    /// <summary>Services that must not use up a core through the window; null means every service.</summary>
    public IReadOnlyCollection<string>? Suspects { get; init; }
    public IReadOnlyCollection<string>? Services { get; init; }
}

/// <summary>FirstDeviation: <see cref="TimeProvider.GetTimestamp"/> when the deviation that decided was first seen; null when there was none.</summary>
public sealed record VerifyReport(bool Passed, IReadOnlyList<string> Deviations, long? FirstDeviation, int Rounds, IReadOnlyList<string> HealthyServices);

/// <summary>
/// Holds the site's probes through a stability window. After the first round in which everything passes, each later round
/// (every 250 ms) must pass too. Beside the probes two things count: drift that was not there before, and a suspect
/// service whose CPU load is at or above 0.9 core in both samples, taken at the begin and the end of the window.
/// </summary>
public sealed class SiteMonitor(Site site, IPlatform platform, SiteProber prober, SiteObserver observer, TimeProvider time)
{
    public const double HogCores = 0.9;

    /// <summary>A service that has ended and was stopped for so long does not come back by itself.</summary>
    public static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan RoundInterval = TimeSpan.FromMilliseconds(250);

    public async Task<VerifyReport> VerifyAsync(VerifyRequest request, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        long? stableSince = null;
        long? firstDeviation = null;
        long? endedSince = null;
        IReadOnlyList<ServiceUsage> usage = [];
        for (var rounds = 1; ; rounds++)
        {
            var round = await LookAsync(request, cancellationToken);
            if (round.Deviations.Count > 0)
            {
                firstDeviation ??= time.GetTimestamp();
                endedSince = HasEnded(request, round) ? endedSince ?? time.GetTimestamp() : null;
                var isGone = endedSince is { } since && time.GetElapsedTime(since) >= GoneAfter;
                if (stableSince is not null || isGone || time.GetElapsedTime(began) >= request.Settle)
                {
                    return new VerifyReport(false, round.Deviations, firstDeviation, rounds, round.Healthy);
                }
            }
            else
            {
                if (stableSince is null)
                {
                    stableSince = time.GetTimestamp();
                    firstDeviation = null;
                    usage = await ReadUsageAsync(request, round.Observations, cancellationToken);
                }

                if (time.GetElapsedTime(stableSince.Value) >= request.Window)
                {
                    var hogs = await FindHogsAsync(request, usage, round.Observations, cancellationToken);
                    return new VerifyReport(hogs.Count == 0, hogs, hogs.Count == 0 ? null : time.GetTimestamp(), rounds, round.Healthy);
                }
            }

            await Task.Delay(RoundInterval, time, cancellationToken);
        }
    }

    private async Task<Round> LookAsync(VerifyRequest request, CancellationToken cancellationToken)
    {
        var observations = await platform.ObserveAsync(cancellationToken);
        var status = await prober.ProbeAsync(observations, request.Services, cancellationToken);
        var deviations = new List<string>();
        foreach (var service in status.Services.Where(s => !s.Healthy && InScope(request, s.Name)))
        {
            var collateral = request.Baseline?.WasHealthy(service.Name) == true ? " (it was healthy before the repair)" : "";
            deviations.Add($"{service.Name}: {service.Detail}{collateral}");
        }

        if (request.Services is null)
        {
            deviations.AddRange(status.Failures);
        }

        if (request.Baseline is { } baseline)
        {
            var drift = DriftDetector.Detect(site, observations, platform.Name);
            deviations.AddRange(drift.Where(d => d.Aspect != "running" && InScope(request, d.Service) && !baseline.Had(d))
                .Select(d => $"{d.Service}: {d.Aspect} {d.Name} differs from the declaration since the repair: {d.Actual ?? "absent"} instead of {d.Declared}"));
        }

        return new Round(observations, deviations, [.. status.Services.Where(s => s.Healthy).Select(s => s.Name)]);
    }

    private async Task<IReadOnlyList<ServiceUsage>> ReadUsageAsync(VerifyRequest request, IReadOnlyList<ServiceObservation> observations, CancellationToken cancellationToken)
    {
        var watched = observations.Where(o => InScope(request, o.Name) && (request.Suspects?.Contains(o.Name) ?? true)).ToList();
        var usage = await Task.WhenAll(watched.Select(o => observer.ReadUsageAsync(o, cancellationToken)));
        return [.. watched.Zip(usage, (o, u) => new ServiceUsage(o.Name, u?.CpuLoad ?? 0))];
    }

    private async Task<IReadOnlyList<string>> FindHogsAsync(VerifyRequest request, IReadOnlyList<ServiceUsage> before, IReadOnlyList<ServiceObservation> observations, CancellationToken cancellationToken)
    {
        if (!before.Any(u => u.CpuLoad >= HogCores))
        {
            return [];
        }

        var after = await ReadUsageAsync(request, observations, cancellationToken);
        return [.. after.Where(u => u.CpuLoad >= HogCores && before.Any(b => b.Service == u.Service && b.CpuLoad >= HogCores))
            .Select(u => string.Create(CultureInfo.InvariantCulture, $"{u.Service}: uses {u.CpuLoad:0.00} cores through the window"))];
    }

    private bool HasEnded(VerifyRequest request, Round round) =>
        round.Observations.Any(o => o.State == ServiceState.Stopped && InScope(request, o.Name) && site.Find(o.Name) is { Replicas: > 0 });

    private static bool InScope(VerifyRequest request, string service) => request.Services?.Contains(service) ?? true;

    private sealed record Round(IReadOnlyList<ServiceObservation> Observations, IReadOnlyList<string> Deviations, IReadOnlyList<string> Healthy);

    private sealed record ServiceUsage(string Service, double CpuLoad);
}

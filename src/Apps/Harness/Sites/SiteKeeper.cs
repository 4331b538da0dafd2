using Quorate.Contracts.Sites;
using Quorate.Harness.Runs;

namespace Quorate.Harness.Sites;

/// <summary>Brings a site to where a run begins, and back there after it.</summary>
public sealed class SiteKeeper(Site site, IPlatform platform, ISiteInspector? inspector, OracleProber prober, HarnessServices services)
{
    private const int UpAttempts = 2;
    private static readonly TimeSpan HealthyLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan RecreateLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private SiteState? _reference;

    /// <summary>Keys that change by themselves.</summary>
    public IReadOnlySet<string> VolatileKeys { get; private set; } = new HashSet<string>();

    /// <summary>The site was up when the harness came.</summary>
    public bool FoundUp { get; private set; }

    /// <summary>Whether anything of the site is there. Asked once, before anything is changed.</summary>
    public async Task RememberAsync(CancellationToken cancellationToken) =>
        FoundUp = (await platform.ObserveAsync(cancellationToken)).Any(o => o.State is ServiceState.Running or ServiceState.Paused);

    /// <summary>Healthy and equal to the reference, which the first call takes.</summary>
    /// <exception cref="PlatformException">It does not get there.</exception>
    public async Task<SiteState> PrepareAsync(CancellationToken cancellationToken)
    {
        if ((await prober.LookAsync(cancellationToken)).Count > 0)
        {
            if (await BringUpAsync(cancellationToken) is { Count: > 0 } failures)
            {
                throw new PlatformException($"the site does not get healthy: {string.Join("; ", failures.Take(3))}", retryable: false);
            }
        }

        if (_reference is null)
        {
            var first = await SiteState.CaptureAsync(site, platform, inspector, cancellationToken);
            await Task.Delay(Poll, services.Time, cancellationToken);
            _reference = await SiteState.CaptureAsync(site, platform, inspector, cancellationToken);
            VolatileKeys = _reference.VolatileKeys(first);
            await services.RecordHealthy(site, platform, cancellationToken);
            return _reference;
        }

        var left = await RestoreAsync(cancellationToken);
        if (left.Count > 0)
        {
            throw new PlatformException($"the site does not get back to its reference: {string.Join("; ", left.Take(3))}", retryable: false);
        }

        await services.ConfirmHealthy(site, platform, cancellationToken);
        return _reference;
    }

    /// <summary>What is not as in the reference now.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync(CancellationToken cancellationToken) => _reference is null
        ? []
        : (await SiteState.CaptureAsync(site, platform, inspector, cancellationToken)).DifferencesFrom(_reference, VolatileKeys);

    /// <summary>Back to the reference by the least that does it: values put back, services recreated, everything anew. What still differs.</summary>
    public async Task<IReadOnlyList<string>> RestoreAsync(CancellationToken cancellationToken)
    {
        if (_reference is null)
        {
            return [];
        }

        await PutBackAsync(_reference, cancellationToken);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var failures = await prober.LookAsync(cancellationToken);
            var left = await DifferencesAsync(cancellationToken);
            var sick = SiteState.ServicesOf(left, site).Union(site.Services.Select(s => s.Name).Where(n => failures.Any(f => f.StartsWith(n + ":", StringComparison.Ordinal))), StringComparer.Ordinal).ToList();
            if (failures.Count == 0 && left.Count == 0)
            {
                return [];
            }

            foreach (var service in attempt == 0 ? sick : [.. site.Services.Select(s => s.Name)])
            {
                await RecreateAsync(service, cancellationToken);
            }

            await BringUpAsync(cancellationToken);
        }

        return await AnewAsync(cancellationToken);
    }

    /// <summary>As it was found: up and healthy, or down.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (!FoundUp)
        {
            await platform.DownAsync(null, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<string>> AnewAsync(CancellationToken cancellationToken)
    {
        if ((await prober.LookAsync(cancellationToken)).Count == 0 && (await DifferencesAsync(cancellationToken)).Count == 0)
        {
            return [];
        }

        await platform.DownAsync(null, cancellationToken);
        await platform.RemoveVolumesAsync(null, cancellationToken);
        var failures = await BringUpAsync(cancellationToken);
        return [.. failures, .. await DifferencesAsync(cancellationToken)];
    }

    private async Task PutBackAsync(SiteState reference, CancellationToken cancellationToken)
    {
        if (inspector is null)
        {
            return;
        }

        var now = await SiteState.CaptureAsync(site, platform, inspector, cancellationToken);
        var differences = now.ConfigurationDifferences(reference).Where(d => !VolatileKeys.Contains($"{d.Service} {d.Key}")).ToList();
        foreach (var difference in differences.OrderBy(d => d.Precedence))
        {
            try
            {
                await inspector.RestoreAsync(difference, [.. differences.Where(d => d.Service == difference.Service)], cancellationToken);
            }
            catch (PlatformException)
            {
                // What a value cannot be put back to, recreating the service is for.
                continue;
            }
        }
    }

    private async Task RecreateAsync(string service, CancellationToken cancellationToken)
    {
        var now = services.Time.GetUtcNow();
        try
        {
            await platform.RecreateAsync(service, null, $"harness-{service}-{now.UtcTicks:x}", now, cancellationToken);
        }
        catch (PlatformException)
        {
            // The whole site anew is the last step; what it cannot mend is reported.
            return;
        }
    }

    /// <summary>Up and healthy: as it is, else anew. What still fails.</summary>
    private async Task<IReadOnlyList<string>> BringUpAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> failures = [];
        for (var attempt = 0; attempt < UpAttempts; attempt++)
        {
            try
            {
                if (attempt > 0)
                {
                    await platform.DownAsync(null, cancellationToken);
                }

                await platform.UpAsync(null, cancellationToken);
                failures = await WaitAsync(HealthyLimit, cancellationToken);
            }
            catch (PlatformException error)
            {
                // A busy machine lets health checks fail that Compose waits for; the containers may be fine a moment later.
                failures = await WaitAsync(RecreateLimit, cancellationToken) is { Count: > 0 } sick ? [error.Message, .. sick] : [];
            }

            if (failures.Count == 0)
            {
                return [];
            }
        }

        return failures;
    }

    /// <summary>The failures of the last look, none once everything passes.</summary>
    private async Task<IReadOnlyList<string>> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = services.Time.GetTimestamp();
        while (true)
        {
            var failures = await prober.LookAsync(cancellationToken);
            if (failures.Count == 0 || services.Time.GetElapsedTime(began) > limit)
            {
                return failures;
            }

            await Task.Delay(Poll, services.Time, cancellationToken);
        }
    }
}

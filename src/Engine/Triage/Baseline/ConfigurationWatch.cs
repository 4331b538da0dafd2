using System.Collections.Concurrent;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Baseline;

/// <summary>What services say of themselves now, beside how they were.</summary>
/// <param name="Now">As they are.</param>
/// <param name="Differences">From the healthy site; none without a baseline.</param>
/// <param name="Restorable">Those that have a safe inverse.</param>
/// <param name="Undoable">Those whose inverse can be taken back.</param>
public sealed record ConfigurationView(
    SiteConfiguration Now, IReadOnlyList<ConfigurationDifference> Differences, IReadOnlySet<ConfigurationDifference> Restorable, IReadOnlySet<ConfigurationDifference> Undoable)
{
    public IEnumerable<ConfigurationDifference> Of(string service) => Differences.Where(d => d.Service == service);

    public ConfigurationDifference? Find(string service, string key) => Differences.FirstOrDefault(d => d.Service == service && d.Key == key);
}

/// <summary>Asks the services of a site at most every few seconds, however many want to know, and anew after a change. Thread-safe.</summary>
public sealed class ConfigurationWatch(ISiteInspector inspector, SiteConfiguration? healthy, TimeProvider time)
{
    /// <summary>An answer of this age still counts.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    /// <summary>Each difference of this site that was ever seen, bounded by what inspectors collect.</summary>
    private readonly ConcurrentDictionary<(string Service, string Key), ConfigurationDifference> _seen = new();

    /// <summary>The newest look at each service, and at all of them under the empty name.</summary>
    private readonly Dictionary<string, Look> _looks = new(StringComparer.Ordinal);

    /// <summary>There is something to compare with.</summary>
    public bool HasBaseline => healthy is not null;

    /// <param name="service">Who is to be asked at least; null: all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<ConfigurationView> LookAsync(string? service, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var look = FindFresh("") ?? FindFresh(service ?? "");
            if (look is null)
            {
                // Shared by all who wait; each service has a deadline of its own.
                look = new Look(time.GetTimestamp(), CaptureAsync(service, CancellationToken.None));
                _looks[service ?? ""] = look;
            }

            return look.View.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Something was changed: what was seen before does not count any more.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _looks.Clear();
        }
    }

    /// <summary>The difference as it is now, or, from a service that does not answer now, as it was seen last; null when there is none.</summary>
    public async Task<ConfigurationDifference?> FindAsync(string service, string key, CancellationToken cancellationToken)
    {
        var view = await LookAsync(service, cancellationToken);
        return view.Find(service, key)
            ?? (view.Now.Find(service)?.Knows(ConfigurationDifference.AreaOf(key)) == true ? null : _seen.GetValueOrDefault((service, key)));
    }

    /// <summary>Puts one value back to what it was while healthy; null when it does not differ or has no safe inverse.</summary>
    /// <exception cref="PlatformException">The service refused.</exception>
    public async Task<ConfigurationRestored?> RestoreAsync(string service, string key, CancellationToken cancellationToken) =>
        await FindAsync(service, key, cancellationToken) is { } difference
            ? await PutBackAsync(difference, [.. _seen.Values.Where(d => d.Service == service)], cancellationToken)
            : null;

    /// <summary>Puts a value to what it was before a restore.</summary>
    /// <exception cref="PlatformException">The service refused, or the value cannot be put back.</exception>
    public async Task UndoAsync(string service, string key, string? former, CancellationToken cancellationToken)
    {
        var view = await LookAsync(service, cancellationToken);
        var now = view.Now.Find(service)?.Items.GetValueOrDefault(key);
        if (now != former)
        {
            var back = new ConfigurationDifference(service, key, former, now);
            _ = await PutBackAsync(back, [back], cancellationToken) ?? throw new PlatformException($"the former value of {key} cannot be put back", retryable: false);
        }
    }

    /// <exception cref="PlatformException">The service refused.</exception>
    public async Task<string?> EndSessionsAsync(string service, CancellationToken cancellationToken)
    {
        try
        {
            return await inspector.EndSessionsAsync(service, cancellationToken);
        }
        finally
        {
            Forget();
        }
    }

    private async Task<ConfigurationRestored?> PutBackAsync(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, CancellationToken cancellationToken)
    {
        try
        {
            return await inspector.RestoreAsync(difference, all, cancellationToken);
        }
        finally
        {
            Forget();
        }
    }

    private Look? FindFresh(string name) =>
        _looks.GetValueOrDefault(name) is { View: { IsFaulted: false, IsCanceled: false } } look && time.GetElapsedTime(look.At) <= Fresh ? look : null;

    private async Task<ConfigurationView> CaptureAsync(string? service, CancellationToken cancellationToken)
    {
        var now = await inspector.CaptureAsync(Patience, cancellationToken, service);
        var differences = healthy is null ? [] : now.DifferencesFrom(healthy);
        foreach (var difference in differences)
        {
            _seen[(difference.Service, difference.Key)] = difference;
        }

        var restorable = differences.Where(d => inspector.CanRestore(d, [.. differences.Where(o => o.Service == d.Service)])).ToHashSet();
        var undoable = restorable.Where(d => new ConfigurationDifference(d.Service, d.Key, d.Actual, d.Healthy) is var back && inspector.CanRestore(back, [back])).ToHashSet();
        return new ConfigurationView(now, differences, restorable, undoable);
    }

    private sealed record Look(long At, Task<ConfigurationView> View);
}

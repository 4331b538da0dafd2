using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>What was wrong with the site before anything was done, so that damage done by a repair shows as such.</summary>
/// <param name="Unhealthy">Services that failed their probes.</param>
/// <param name="Drift">Keys of the differences from the declaration.</param>
public sealed record SiteBaseline(IReadOnlyList<string> Unhealthy, IReadOnlyList<string> Drift)
{
    public static SiteBaseline From(SiteSnapshot snapshot) => new(
        [.. snapshot.Status.Services.Where(s => !s.Healthy).Select(s => s.Name)],
        [.. snapshot.Drift.Select(KeyOf)]);

    public bool WasHealthy(string service) => !Unhealthy.Contains(service, StringComparer.Ordinal);

    public bool Had(Drift drift) => Drift.Contains(KeyOf(drift), StringComparer.Ordinal);

    private static string KeyOf(Drift drift) => $"{drift.Service}/{drift.Aspect}/{drift.Name}";
}

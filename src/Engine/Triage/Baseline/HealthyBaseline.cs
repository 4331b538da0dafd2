using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Baseline;

/// <summary>How a site was while everything worked, for diagnosis by difference: <c>docs/schemas/site-baseline.json</c>.</summary>
public sealed record HealthyBaseline
{
    public const int CurrentVersion = 1;

    public required int Version { get; init; }
    public required string SiteId { get; init; }

    /// <summary>SHA-256 in lower-case hex of the Compose file and its override: for another declaration another state is healthy.</summary>
    public required string ComposeHash { get; init; }
    public required string Platform { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>When the site was last seen healthy again, after an incident; null: not since it was recorded.</summary>
    public DateTimeOffset? HealthyAt { get; init; }

    /// <summary>What was logged before this has nothing to do with what is wrong now.</summary>
    [JsonIgnore]
    public DateTimeOffset Since => HealthyAt ?? RecordedAt;

    /// <summary>Null where the platform has no admin interfaces to ask.</summary>
    public SiteConfiguration? Configuration { get; init; }
    public required IReadOnlyList<ServiceNorm> Services { get; init; }

    public ServiceNorm? Find(string service) => Services.FirstOrDefault(s => s.Service == service);

    /// <summary>Whether it was recorded for this very declaration, on this platform.</summary>
    public bool Fits(Site site, string platform) => Version == CurrentVersion && SiteId == site.Id && Platform == platform && ComposeHash == HashOf(site);

    public static string HashOf(Site site)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in (string?[])[site.ComposeFile, site.OverrideFile])
        {
            hash.AppendData(file is null ? [] : File.ReadAllBytes(file));
            hash.AppendData([0]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>What is usual for one service.</summary>
public sealed record ServiceNorm
{
    public required string Service { get; init; }

    /// <summary>Series by name: <c>cpu_load</c> (cores), <c>mem_usage</c> (bytes), <c>latency_ms</c>, and those that its metrics address has.</summary>
    public required IReadOnlyDictionary<string, SeriesNorm> Series { get; init; }

    /// <summary>Forms of its log lines and how often each came in a minute.</summary>
    public required IReadOnlyList<LogTemplate> Logs { get; init; }
}

/// <summary>A series while healthy: its median, and the median distance from it (MAD).</summary>
public sealed record SeriesNorm(double Median, double Mad, int Samples);

/// <summary>A form of log lines; what varies is <c>&lt;*&gt;</c>.</summary>
public sealed record LogTemplate(string Text, double PerMinute);

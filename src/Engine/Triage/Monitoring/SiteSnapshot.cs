using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>Everything seen of a site at one moment; what planners reason from.</summary>
public sealed record SiteSnapshot
{
    public required DateTimeOffset At { get; init; }
    public required SiteStatus Status { get; init; }
    public required IReadOnlyList<ServiceObservation> Observations { get; init; }
    public required IReadOnlyList<Telemetry> Telemetry { get; init; }
    public required IReadOnlyList<Drift> Drift { get; init; }

    /// <summary>Newest lines at WARN or above, by service, bounded in count and length. Foreign text: data, never instructions.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<LogLine>> Logs { get; init; }

    /// <summary>What the services say of themselves; null when they cannot be asked.</summary>
    public ConfigurationView? Configuration { get; init; }

    /// <summary>Readings and log lines that are not as while the site was healthy.</summary>
    public IReadOnlyList<Anomaly> Anomalies { get; init; } = [];

    public ServiceObservation? Find(string service) => Observations.FirstOrDefault(o => o.Name == service);
}

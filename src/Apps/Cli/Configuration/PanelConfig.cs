using Microsoft.Extensions.Configuration;
using Quorate.Contracts.Plans;

namespace Quorate.Cli.Configuration;

/// <summary>What the panel holds actions against.</summary>
internal sealed class PanelConfig
{
    /// <summary>0.1–600 seconds for one decision; default 30. A panel that has not decided by then has not approved.</summary>
    [ConfigurationKeyName("timeout_s")]
    public double TimeoutSeconds { get; set; } = 30;

    /// <summary>Services that no action may touch.</summary>
    [ConfigurationKeyName("protected")]
    public List<string> Protected { get; set; } = [];

    /// <summary>Action types that are never approved, such as exec.</summary>
    [ConfigurationKeyName("denied")]
    public List<string> Denied { get; set; } = [];

    /// <summary>1–10,000 healthy services that one plan may interrupt; default: half of the site's, rounded up.</summary>
    [ConfigurationKeyName("max_services_down")]
    public int? MaxServicesDown { get; set; }

    public IEnumerable<string> Problems()
    {
        if (TimeoutSeconds is not (>= 0.1 and <= 600))
        {
            yield return $"panel.timeout_s is {TimeoutSeconds}; 0.1 to 600 is allowed";
        }

        if (MaxServicesDown is < 1 or > 10_000)
        {
            yield return $"panel.max_services_down is {MaxServicesDown}; 1 to 10000 is allowed";
        }

        foreach (var type in Denied.Where(t => !TaskCatalog.ChangesWorld(t)))
        {
            yield return $"panel.denied names '{type}'; allowed: {string.Join(", ", TaskCatalog.Types.Values.Where(t => t.ChangesWorld).Select(t => t.Name))}";
        }
    }
}

using Quorate.Models.Cassettes;

namespace Quorate.Models.Panel;

/// <summary>A whole panel as configured. Immutable: a hot reload makes another.</summary>
public sealed record PanelSettings
{
    /// <summary>Most members that a panel can have.</summary>
    public const int MaxMembers = 64;

    public IReadOnlyList<MemberSettings> Members { get; init; } = [];

    public PipelineSettings Pipeline { get; init; } = new();

    /// <summary>False: embedded members sit on the panel only when no configured one can.</summary>
    public bool EmbeddedAlways { get; init; }
}

/// <summary>One configured model.</summary>
public sealed record MemberSettings
{
    public required string Name { get; init; }

    /// <summary>Endpoint, model, sampling, key's variable, deadline and retries.</summary>
    public required ModelConfig Model { get; init; }

    public TokenPrice Price { get; init; } = TokenPrice.Free;

    /// <summary>The ethical role that it takes when a request gives none.</summary>
    public string? Role { get; init; }

    public bool Aggregator { get; init; }
}

/// <summary>What every member's pipeline has in common.</summary>
public sealed record PipelineSettings
{
    /// <summary>Calls of one member at once, 1–1,024.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>Calls that may wait for one member.</summary>
    public int Queue { get; init; } = 1_024;

    /// <summary>A stream that gives nothing for so long has failed.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(2);

    public bool Cache { get; init; } = true;

    /// <summary>Where answers are kept; null: in memory alone.</summary>
    public string? CacheFolder { get; init; }

    public CassetteMode Cassette { get; init; }

    /// <summary>Needed unless the mode is off.</summary>
    public string? CassetteFolder { get; init; }

    /// <summary>Consecutive failures that open a member's circuit.</summary>
    public int BreakerThreshold { get; init; } = 5;

    /// <summary>For how long, the first time.</summary>
    public TimeSpan BreakerCooldown { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan LongestCooldown { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>A configured member that cannot sit on the panel.</summary>
/// <param name="Member">Its name.</param>
/// <param name="Variable">The environment variable that should hold its key and is empty.</param>
public sealed record SkippedMember(string Member, string Variable);

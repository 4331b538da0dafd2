namespace Quorate.Engine.Place.Agreement;

/// <summary>A group of agents; times are in milliseconds of its clock.</summary>
public sealed record AgentGroupOptions
{
    /// <summary>How long a round may take; more than that is no quorum. 1 to 600,000.</summary>
    public double ConsensusTimeoutMs { get; init; } = 30_000;

    /// <summary>How long a decided round waits for ballots that are still missing. 0 to 60,000.</summary>
    public double GraceMs { get; init; } = 20;

    /// <summary>Latency of a link between two agents. 0 to 10,000.</summary>
    public long LinkMs { get; init; }

    /// <summary>Without progress for so long a leader is replaced. 1 to 60,000.</summary>
    public long ViewTimeoutMs { get; init; } = 150;

    /// <summary>What proposals may rest on beside the fit; null: nothing.</summary>
    public CertifiedChoices? Choices { get; init; }
}

using System.Text.Json;

namespace Quorate.Contracts.Provenance;

/// <summary>Who took part in an outcome and what they signed.</summary>
public sealed record OutcomeCertificate
{
    /// <summary>SHA-256 of the canonical outcome, lower-case hex.</summary>
    public required string OutcomeHash { get; init; }

    /// <summary>The canonical outcome itself (RFC 8785).</summary>
    public required JsonElement Outcome { get; init; }

    /// <summary>Members whose keys signed.</summary>
    public required IReadOnlyList<string> Signers { get; init; }

    /// <summary>The quorum certificate as text; <c>quorate certificate verify</c> reads it.</summary>
    public required string Text { get; init; }

    /// <summary>The public side of the group that signed.</summary>
    public required OutcomeGroup Group { get; init; }
}

/// <summary>Who could sign an outcome. Keys: PEM, of the replicas and then the clients.</summary>
public sealed record OutcomeGroup(string Name, int Faults, IReadOnlyList<string> Replicas, IReadOnlyList<string> Clients, IReadOnlyList<string> Keys);

namespace Quorate.Contracts.Asking;

/// <summary>One question to the panel.</summary>
public sealed record AskRequest
{
    public const int MaxQuery = 20_000;
    public const int MaxChoices = 26;

    /// <summary>Characters of one choice.</summary>
    public const int MaxChoice = 500;

    /// <summary>1 to <see cref="MaxQuery"/> characters.</summary>
    public required string Query { get; init; }

    public string Domain { get; init; } = "Custom";

    public QuestionType QuestionType { get; init; }

    /// <summary>2 to <see cref="MaxChoices"/> for a multiple choice question; read from the query's own lettered lines when empty.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Names of members; empty: the whole panel.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Ethical role by member name; <c>random</c> draws one by <see cref="Seed"/>.</summary>
    public IReadOnlyDictionary<string, string> Roles { get; init; } = new Dictionary<string, string>();

    /// <summary>The member that writes the summary; null: the panel's own aggregator.</summary>
    public string? Aggregator { get; init; }

    /// <summary>Members rank each other's anonymised answers before they are summarised.</summary>
    public bool PeerReview { get; init; }

    /// <summary>Members see the anonymised answers of the first round and answer again.</summary>
    public bool SecondRound { get; init; }

    /// <summary>Votes count by the confidence that their members state.</summary>
    public bool WeightByConfidence { get; init; }

    /// <summary>Of drawn roles and of the order in which anonymised answers are shown.</summary>
    public int Seed { get; init; }
}

namespace Quorate.Engine.Ask;

/// <summary>How a panel is asked.</summary>
public sealed record AskOptions
{
    /// <summary>Usable answers after which the grace begins; null: more than half of the members.</summary>
    public int? Quorum { get; init; }

    /// <summary>How long stragglers are waited for once a quorum has answered; 0 to 60 s.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For one stage (answers, a review, a summary); 1 s to 10 min.</summary>
    public TimeSpan StageTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>US dollars for a whole question; null: no limit.</summary>
    public decimal? BudgetUsd { get; init; }

    public int QuorumOf(int members) => Math.Clamp(Quorum ?? ((members / 2) + 1), 1, members);
}

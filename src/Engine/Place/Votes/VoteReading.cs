namespace Quorate.Engine.Place.Votes;

/// <summary>What was read from a model's answer.</summary>
/// <param name="Vote">accept or reject; null when no strategy found one.</param>
/// <param name="Confidence">0 to 1; 0.5 when none, or no such number, was stated.</param>
/// <param name="Reasoning">Bounded, cleaned of control characters.</param>
/// <param name="Strategy">The one that read it; null when none did.</param>
/// <param name="Tried">What each strategy made of the text, in their order.</param>
internal sealed record VoteReading(string? Vote, double Confidence, string Reasoning, string? Strategy, IReadOnlyList<string> Tried);

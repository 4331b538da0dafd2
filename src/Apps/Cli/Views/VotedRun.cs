using Quorate.Contracts.Placing;

namespace Quorate.Cli.Views;

/// <summary>A replay through votes. Plan: what befalls the agents, drawn by the seed; null: nothing.</summary>
internal sealed record VotedRun(string Name, AgentFaultPlan? Plan, int Seed);

internal static class VotedRuns
{
    private const string Voted = "ours, voted";

    /// <summary>One without faults when votes are asked for, and one for each plan.</summary>
    public static IReadOnlyList<VotedRun> Of(bool votes, IReadOnlyList<(string Name, AgentFaultPlan Plan)> faults, int seed) =>
        [.. votes ? [new VotedRun(Voted, null, seed)] : Array.Empty<VotedRun>(), .. faults.Select(f => new VotedRun($"{Voted}, {f.Name}", f.Plan, seed))];
}

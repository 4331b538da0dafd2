using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>
/// Chooses how many tiers a hierarchy has: the candidate whose coordination adds the fewest seconds. With W workers, D the graph's depth
/// (coordination happens once for each stage of the longest chain), s the span of control and C coordinators:
/// <list type="bullet">
/// <item>channels = D · <see cref="ChannelS"/> · (W(W−1)/2 among peers, W + C − 1 in a tree; Brooks, "The Mythical Man-Month", 1975)</item>
/// <item>hops = D · <see cref="HopS"/> · (1 among peers; a report up and an order down, 2(levels − 1), in a tree)</item>
/// <item>overload = D · <see cref="ExcessS"/> · those beyond s whom the busiest role speaks with (peers, or direct reports)</item>
/// <item>setup = <see cref="SetupS"/> · C</item>
/// <item>shortage = critical path · (roles − places) / places when there are more roles than places for them at the agents, else 0</item>
/// </list>
/// A tree of 2 levels has a root only. Each further level cuts the tier above the workers, or the last tier of coordinators, into as few
/// groups as the span allows, until one group would be left.
/// </summary>
public static class StructureChoice
{
    /// <summary>Seconds that one channel costs at each stage.</summary>
    public const double ChannelS = 0.02;

    /// <summary>Seconds that one message takes from one tier to the next.</summary>
    public const double HopS = 0.05;

    /// <summary>Seconds at each stage for one report beyond the span of control.</summary>
    public const double ExcessS = 0.05;

    /// <summary>Seconds to appoint and brief one coordinator.</summary>
    public const double SetupS = 0.5;

    /// <summary>Most levels that are looked at.</summary>
    public const int MaxLevels = 8;

    /// <param name="complexity">Of the graph.</param>
    /// <param name="workers">1 or more.</param>
    /// <param name="span">Span of control, 2 or more.</param>
    /// <param name="places">Roles that the agents can carry.</param>
    public static StructureReport Of(GraphComplexity complexity, int workers, int span, int places)
    {
        List<StructureCandidate> candidates = [Candidate(complexity, workers, [], span, places)];
        List<int> tiers = [];
        do
        {
            candidates.Add(Candidate(complexity, workers, [.. tiers, 1], span, places));
            tiers.Add(Groups(tiers.Count == 0 ? workers : tiers[^1], span));
        }
        while (tiers[^1] > 1 && candidates.Count < MaxLevels);

        var cheapest = candidates.MinBy(c => c.TotalS);
        return new StructureReport(span, [.. candidates.Select(c => c with { Chosen = c == cheapest })]);
    }

    /// <summary>How many groups of at most <paramref name="span"/> there are.</summary>
    public static int Groups(int members, int span) => (members + span - 1) / span;

    /// <param name="complexity">Of the graph.</param>
    /// <param name="workers">Roles that work.</param>
    /// <param name="tiers">Coordinators tier by tier, from the one above the workers to the root; none among peers.</param>
    /// <param name="span">Span of control.</param>
    /// <param name="places">Roles that the agents can carry.</param>
    private static StructureCandidate Candidate(GraphComplexity complexity, int workers, int[] tiers, int span, int places)
    {
        var coordinators = tiers.Sum();
        var largest = tiers.Length == 0 ? workers - 1 : tiers.Zip(tiers.Prepend(workers), (above, below) => Groups(below, above)).Max();
        var channels = tiers.Length == 0 ? workers * (workers - 1.0) / 2 : workers + coordinators - 1;
        var excess = Math.Max(0, workers + coordinators - places);
        return new StructureCandidate
        {
            Levels = tiers.Length + 1,
            Coordinators = coordinators,
            LargestGroup = largest,
            ChannelsS = complexity.Depth * ChannelS * channels,
            HopsS = complexity.Depth * HopS * (tiers.Length == 0 ? 1 : 2 * tiers.Length),
            OverloadS = complexity.Depth * ExcessS * Math.Max(0, largest - span),
            SetupS = SetupS * coordinators,
            ShortageS = complexity.CriticalPathS * excess / Math.Max(1, places),
        };
    }
}

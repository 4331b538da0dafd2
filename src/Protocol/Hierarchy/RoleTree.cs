using System.Globalization;
using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>Makes the roles of a structure: the root first, tier by tier, the workers last.</summary>
public static class RoleTree
{
    /// <summary>The kind of work that coordinators do.</summary>
    public const string Coordination = "coordination";

    /// <summary>Full-time roles that looking after one direct report takes.</summary>
    public const double LoadPerReport = 0.05;

    /// <param name="graph">The jobs.</param>
    /// <param name="lanes">The workers' jobs.</param>
    /// <param name="chosen">The structure.</param>
    /// <param name="span">Span of control.</param>
    public static IReadOnlyList<Role> Of(JobGraph graph, IReadOnlyList<IReadOnlyList<int>> lanes, StructureCandidate chosen, int span)
    {
        var tiers = new List<List<Role>> { Workers(graph, lanes, chosen.Levels) };
        while (tiers.Count < chosen.Levels)
        {
            var level = chosen.Levels - tiers.Count;
            var below = tiers[^1];
            var count = level == 1 ? 1 : StructureChoice.Groups(below.Count, span);
            tiers.Add(Above(below, count, level, span));
        }

        tiers.Reverse();
        var offset = 0;
        var roles = new List<Role>();
        foreach (var tier in tiers)
        {
            // A role's parent was counted within its tier; in the list that tier begins where the one before this ended.
            roles.AddRange(tier.Select(r => r with { Parent = r.Parent == LinearAssignment.None ? LinearAssignment.None : offset + r.Parent }));
            offset = roles.Count - tier.Count;
        }

        return roles;
    }

    private static List<Role> Workers(JobGraph graph, IReadOnlyList<IReadOnlyList<int>> lanes, int level)
    {
        var most = lanes.Max(Work);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. lanes.Select(lane =>
        {
            var skill = graph.Jobs[lane[0]].Skill;
            numbers[skill] = numbers.GetValueOrDefault(skill) + 1;
            return new Role
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"{skill}/{numbers[skill]}"),
                Kind = RoleKind.Worker,
                Level = level,
                Parent = LinearAssignment.None,
                Skill = skill,
                Criticality = lane.Max(job => 1 - (graph.Slack(job) / graph.CriticalPathS)),
                Complexity = Work(lane) / most,
                Load = lane.Max(job => graph.Jobs[job].Load),
                Jobs = lane,
            };
        })];

        double Work(IReadOnlyList<int> lane) => lane.Sum(job => graph.Jobs[job].DurationS);
    }

    /// <summary>Coordinators of equally large groups; they take the criticality of the most critical role below. Sets the parents of those below.</summary>
    private static List<Role> Above(List<Role> below, int count, int level, int span)
    {
        for (var i = 0; i < below.Count; i++)
        {
            below[i] = below[i] with { Parent = (int)((long)i * count / below.Count) };
        }

        return [.. below.GroupBy(r => r.Parent).Select(group => new Role
        {
            Name = level == 1 ? "root" : string.Create(CultureInfo.InvariantCulture, $"coordinator/{level}.{group.Key + 1}"),
            Kind = level == 1 ? RoleKind.Root : RoleKind.Coordinator,
            Level = level,
            Parent = LinearAssignment.None,
            Skill = Coordination,
            Criticality = level == 1 ? 1 : group.Max(r => r.Criticality),
            Complexity = Math.Min(1, (double)group.Count() / span),
            Load = Math.Min(1, LoadPerReport * group.Count()),
        })];
    }
}

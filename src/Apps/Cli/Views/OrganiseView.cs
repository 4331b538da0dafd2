using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;

namespace Quorate.Cli.Views;

/// <summary>A hierarchy for people: the tree, its roles, and why it is so.</summary>
internal static class OrganiseView
{
    public static void Show(Output output, OrganiseResult result)
    {
        ShowComplexity(output, result.Complexity);
        ShowStructure(output, result);
        ShowTree(output, result.Roles);
        ShowRoles(output, result.Roles);
        foreach (var role in result.Roles.Where(r => r.Agent is null))
        {
            output.Line($"[red]{role.Role}[/] has no agent: {Output.Safe(role.Reason!)}; [yellow]{FallbackText(role)}[/]");
        }

        ShowFigures(output, result);
        foreach (var change in result.Restructurings)
        {
            var moved = change.Changes.Select(c => $"{c.Role} {c.From ?? "nobody"} → {c.To ?? "nobody"}");
            output.Line($"without [bold]{change.Lost}[/]: {(change.Changes.Count == 0 ? "nothing changed" : string.Join(", ", moved))} (gave anew: {QuorateJson.NameOf(change.Scope)}; {change.Kept} kept)");
        }
    }

    private static void ShowComplexity(Output output, GraphComplexity c)
    {
        output.Line($"[bold]{Counted.Of(c.Size, "job")}[/], {Counted.Of(c.Edges, "dependency", "dependencies")}, depth {c.Depth}, width {c.Width}, {c.DataGb:0.##} GB handed on, heterogeneity {c.Heterogeneity:0.00}");
        output.Line($"critical path {Seconds(c.CriticalPathS)} of {Seconds(c.WorkS)} of work: {Output.Safe(string.Join(" → ", c.CriticalPath))}");
    }

    private static void ShowStructure(Output output, OrganiseResult result)
    {
        output.Line("[grey]structures, with what each costs in seconds[/]");
        var table = new FittedTable(output.People, output.Live).Number("levels").Number("coordinators", "coord.").Number("largest group", "group")
            .Number("channels").Number("hops").Number("overload", "over.").Number("setup").Number("shortage", "short.").Number("sum");
        foreach (var c in result.Structure.Candidates)
        {
            string Cell(double value) => c.Chosen ? $"[green]{value:0.00}[/]" : $"{value:0.00}";
            table.Row($"{(c.Chosen ? "[green]★[/] " : "")}{c.Levels}", $"{c.Coordinators}", $"{c.LargestGroup}", Cell(c.ChannelsS), Cell(c.HopsS), Cell(c.OverloadS), Cell(c.SetupS), Cell(c.ShortageS), Cell(c.TotalS));
        }

        table.Write();
    }

    private static void ShowTree(Output output, IReadOnlyList<RoleResult> roles)
    {
        var children = roles.ToLookup(r => r.ReportsTo ?? "");
        Visit("", "", top: true);

        void Visit(string parent, string indent, bool top)
        {
            var below = children[parent].ToList();
            for (var i = 0; i < below.Count; i++)
            {
                var (role, last) = (below[i], i == below.Count - 1);
                var jobs = role.Jobs.Count == 0 ? "" : $"  [grey]{Output.Safe(string.Join(", ", role.Jobs))}[/]";
                output.Line($"{indent}{(top ? "" : last ? "└─ " : "├─ ")}{role.Role}  {(role.Agent is null ? "[red]nobody[/]" : $"[blue]{role.Agent}[/]")}{jobs}");
                Visit(role.Role, indent + (top ? "" : last ? "   " : "│  "), top: false);
            }
        }
    }

    private static void ShowRoles(Output output, IReadOnlyList<RoleResult> roles)
    {
        var table = new FittedTable(output.People, output.Live).Name("role").Name("agent").Number("confidence", "conf.").Number("criticality", "crit.").Number("complexity", "compl.").Number("load").Name("skill");
        foreach (var r in roles)
        {
            table.Row(Output.Safe(r.Role), r.Agent is { } agent ? Output.Safe(agent) : "[red]nobody[/]", $"{r.Confidence:0.00}", $"{r.Criticality:0.00}", $"{r.Complexity:0.00}", $"{r.Load:0.##}", Output.Safe(r.Skill));
        }

        table.Write();
    }

    private static void ShowFigures(Output output, OrganiseResult result)
    {
        var c = result.Comparison;
        output.Line($"assigned {result.AssignmentEfficiency:P0} of the roles; {(result.Restructurings.Count > 0 ? "before any loss " : "")}worth {c.OptimalValue:0.000} where the greedy rule reaches {c.GreedyValue:0.000} with {c.GreedyAssigned} of {Counted.Of(result.Roles.Count, "role")} ({c.Gain:+0.0 %;-0.0 %;0 %})");
        output.Line($"load {string.Join(", ", result.Load.Agents.Where(a => !a.Lost).Select(a => $"{a.Agent} {a.Used:0.##}/{a.Capacity:0.##}"))}; Gini {result.Load.Gini:0.00}, variation {result.Load.Variation:0.00}");
        var p = result.ExpectedPerformance;
        var deadline = p.DeadlineMet is null ? "" : p.DeadlineMet.Value ? $", [green]within {Seconds(p.DeadlineS!.Value)}[/]" : $", [red]not within {Seconds(p.DeadlineS!.Value)}[/]";
        output.Line(p.MakespanS is { } makespan
            ? $"expected makespan [bold]{Seconds(makespan)}[/]{deadline}, coordination {p.CoordinationS:0.00} s of it; every job succeeds at once with probability {p.SuccessProbability:0.00}"
            : $"[red]never ends[/]{deadline}: nobody does {Output.Safe(string.Join(", ", p.JobsWithoutAgent))}");
    }

    private static string FallbackText(RoleResult role) => role.Fallback switch
    {
        RoleFallback.MergeIntoParent => $"{role.FallbackRole} looks after its reports",
        RoleFallback.PeersAgree => "its direct reports agree among themselves",
        RoleFallback.Queue => $"takes turns with {role.FallbackRole}",
        _ => "waits for an agent to join",
    };

    private static string Seconds(double seconds) => Duration.Text(seconds * 1000);
}

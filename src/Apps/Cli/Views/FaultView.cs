using Quorate.Cli.Common;
using Quorate.Contracts.Sites;
using Quorate.Faults;
using Spectre.Console;

namespace Quorate.Cli.Views;

/// <summary>Faults as tables and texts.</summary>
internal static class FaultView
{
    /// <summary>Every field, for JSON.</summary>
    public static object Describe(ISiteFault fault) => new
    {
        fault.Name,
        target = fault.DefaultTarget,
        platform = fault.Platforms,
        fault.Summary,
        fault.BlastRadius,
        fault.Needs,
        fault.Reverting,
        fault.Resource,
        max_duration_s = fault.MaxDuration.TotalSeconds,
        remedy = Remedy(fault),
    };

    /// <summary>Names by target: what each does is told by <c>fault show</c>, and would not fit a line.</summary>
    public static void ShowAll(Output output)
    {
        var table = new Table().Border(output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
        table.AddColumns("fault", "target", "platform", "repaired by");
        foreach (var fault in SiteFaultCatalog.All)
        {
            table.AddRow($"[bold]{fault.Name}[/]", fault.DefaultTarget, string.Join(' ', fault.Platforms), Output.Safe(string.Join(", ", Remedy(fault).Select(r => r.Type).Distinct())));
        }

        output.People.Write(table);
        output.Line("[grey]quorate fault show NAME tells everything about one[/]");
    }

    public static void Show(Output output, ISiteFault fault)
    {
        output.Heading(fault.Name);
        Line(output, "does", fault.Summary);
        Line(output, "users", fault.BlastRadius);
        Line(output, "target", $"{fault.DefaultTarget} ({string.Join(", ", fault.Platforms)})");
        Line(output, "needs", fault.Needs);
        Line(output, "lasts", $"at most {Duration.Text(fault.MaxDuration.TotalMilliseconds)}");
        Line(output, "revert", fault.Reverting);
        foreach (var remedy in Remedy(fault))
        {
            Line(output, "repair", $"{remedy.Type} {remedy.Target} {string.Join(' ', remedy.Args.Select(a => $"{a.Key}={a.Value}"))}".TrimEnd());
        }
    }

    public static void ShowInjected(Output output, FaultReceipt receipt, string site)
    {
        output.Line($"[yellow]injected[/] [bold]{receipt.Name}[/] into {Markup.Escape(receipt.Target)}");
        output.Line($"[grey]until {receipt.Deadline:HH:mm:ss} UTC{(receipt.Owner is { } owner ? $", or the end of process {owner.Pid}" : "")}; take it back with[/]");
        output.Line($"[grey]quorate fault revert {receipt.Name} --site {Markup.Escape(site)}[/]");
    }

    /// <summary>The repair in general, which asks no running site: what depends on what was found at injection is shown by its name.</summary>
    private static IReadOnlyList<FaultRemedy> Remedy(ISiteFault fault) => fault.Remedies(
        new FaultContext(new Site { Name = "any", Id = "any", ComposeFile = "/any", Services = [] }, null!, TimeProvider.System, ""),
        new FaultReceipt
        {
            Name = fault.Name,
            Target = fault.DefaultTarget,
            SiteId = "any",
            Platform = "any",
            InjectedAt = default,
            EffectKey = "any",
        });

    private static void Line(Output output, string what, string text) => output.Line($"[grey]{what,-8}[/]{Output.Safe(text)}");
}

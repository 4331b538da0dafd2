using System.Globalization;
using Quorate.Cli.Common;
using Quorate.Engine.Triage.Baseline;
using Spectre.Console;

namespace Quorate.Cli.Views;

/// <summary>What a baseline holds, in numbers.</summary>
internal static class BaselineView
{
    public sealed record Summary(string Service, string Kind, int Values, int Series, int LogForms, string? Failure);

    public static IReadOnlyList<Summary> Summaries(HealthyBaseline baseline) =>
    [
        .. from norm in baseline.Services
           let said = baseline.Configuration?.Find(norm.Service)
           select new Summary(norm.Service, said?.Kind ?? "process", said?.Items.Count ?? 0, norm.Series.Count, norm.Logs.Count, said?.Failure),
    ];

    public static void Show(Output output, HealthyBaseline baseline)
    {
        var table = new Table().Border(output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
        table.AddColumns("service", "is", "values", "series", "log forms", "");
        foreach (var s in Summaries(baseline))
        {
            string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
            table.AddRow($"[bold]{Markup.Escape(s.Service)}[/]", s.Kind, Text(s.Values), Text(s.Series), Text(s.LogForms), Output.Safe(s.Failure ?? ""));
        }

        output.People.Write(table);
    }
}

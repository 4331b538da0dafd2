using System.Text.Json;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Spectre.Console;

namespace Quorate.Cli.Views;

/// <summary>Ledger entries, a line each, or whole.</summary>
internal static class LedgerView
{
    private const int SummaryLength = 110;

    public static void Show(Output output, IReadOnlyList<LedgerEntry> entries, bool full)
    {
        foreach (var entry in entries)
        {
            var tag = entry.DecisionTag switch { DecisionTag.LlmDecision => "[yellow]LLM[/]", DecisionTag.Deterministic => "[grey]DET[/]", _ => "   " };
            output.Line($"[grey]{entry.Seq,6}[/] {entry.At:HH:mm:ss.fff} {tag} [bold]{Markup.Escape(entry.Kind),-17}[/] [blue]{Markup.Escape(entry.Subject)}[/] [grey]{entry.Hash[..12]}[/] {(full ? "" : Output.Safe(Summary(entry.Payload)))}");
            if (full)
            {
                output.Line(Output.Safe(JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(entry.Payload), QuorateJson.Indented)));
            }
        }

        if (entries.Count == 0)
        {
            output.Line("[grey]no entries[/]");
        }
    }

    private static string Summary(string payload) => payload.Length <= SummaryLength ? payload : payload[..(SummaryLength - 1)] + "…";
}

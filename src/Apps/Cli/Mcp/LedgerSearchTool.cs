using System.ComponentModel;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Quorate.Contracts;
using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;

namespace Quorate.Cli.Mcp;

/// <summary>Finds entries of the ledger.</summary>
internal sealed class LedgerSearchTool(ILedger ledger)
{
    private const int MostEntries = 50;
    private const int LongestField = 500;
    private const int LongestPayload = 1_000;

    public McpServerTool Create() => McpServerTool.Create(SearchAsync, new McpServerToolCreateOptions
    {
        Name = "ledger_search",
        Description = "Search the tamper-evident ledger of what was decided and done: the newest entries that match, oldest first, with payloads cut to 1,000 characters.",
        ReadOnly = true,
        Destructive = false,
        OpenWorld = false,
    });

    private Task<CallToolResult> SearchAsync(
        [Description("Looked for in kind, subject and payload, in any case; up to 500 characters.")] string? text = null,
        [Description("A kind of entry, such as task_intent or llm_run.")] string? kind = null,
        [Description("An incident's or question's id.")] string? subject = null,
        [Description("Entries to give, 1 to 50; default 10.")] int limit = 10,
        CancellationToken cancellationToken = default) => ToolAnswers.RunAsync(
        async () =>
        {
            if (limit is < 1 or > MostEntries)
            {
                throw QuorateException.Input("limit_range", $"limit is {limit}; 1 to {MostEntries} is allowed");
            }

            var filter = new LedgerFilter { Text = Optional("text", text), Kinds = Optional("kind", kind) is { } one ? [one] : null, Subject = Optional("subject", subject), Limit = limit, Newest = true };
            var found = new List<object>();
            await foreach (var entry in ledger.ReadAsync(filter, cancellationToken))
            {
                found.Add(new { entry.Seq, entry.At, entry.Kind, entry.Subject, Tag = LedgerTags.Format(entry.DecisionTag), entry.Hash, Payload = Cut(entry.Payload) });
            }

            return new { entries = found };
        },
        Console.Error);

    private static string? Optional(string name, string? text) => string.IsNullOrEmpty(text) ? null : ToolAnswers.Checked(name, text, LongestField);

    private static string Cut(string payload) => payload.Length <= LongestPayload ? payload : PlainText.Clean(payload, LongestPayload) + "…";
}

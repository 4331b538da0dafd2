using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Quorate.Cli.Asking;
using Quorate.Cli.Common;
using Quorate.Cli.Mcp;
using Quorate.Engine.Ask;

namespace Quorate.Cli.Commands;

/// <summary>Quorate as tools of the Model Context Protocol.</summary>
internal static class McpCommand
{
    public static Command Create()
    {
        var site = new Option<string?>("--site") { Description = "Compose file or folder that the tool triage is for (default: there is no such tool).", HelpName = "FILE" };
        var platform = SiteOptions.Platform();
        var allow = new Option<bool>("--allow-actions") { Description = "Let triage carry out repairs that the approval panel certifies; without it, it only reads and plans." };
        var command = new Command("mcp", "Serve the tools ask, triage and ledger_search to an MCP client over stdin and stdout, until stdin ends.") { site, platform, allow };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var embedded = AskParts.Embedded(workspace, []);
            var panel = await workspace.OpenModelPanelAsync(embedded, token);
            // Standard output is the protocol's alone.
            AskParts.Notices(panel).ToList().ForEach(Console.Error.WriteLine);
            var engine = AskParts.CreateEngine(workspace, () => panel, embedded, new MemoryJournal());
            var tools = new McpServerPrimitiveCollection<McpServerTool> { new AskTool(workspace, engine).Create(), new LedgerSearchTool(await workspace.OpenLedgerAsync(token)).Create() };
            using var triage = parse.GetValue(site) is { } path ? new TriageTool(workspace, Workspace.LoadSite(path), parse.GetValue(platform)!, parse.GetValue(allow)) : null;
            if (triage is not null)
            {
                tools.Add(triage.Create());
            }

            var version = typeof(McpCommand).Assembly.GetName().Version?.ToString(3) ?? "0";
            var options = new McpServerOptions { ServerInfo = new Implementation { Name = "quorate", Version = version }, ToolCollection = tools };
            await using var transport = new StdioServerTransport(options, NullLoggerFactory.Instance);
            await using var server = McpServer.Create(transport, options, NullLoggerFactory.Instance, null);
            await server.RunAsync(token);
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate mcp", "quorate mcp --site lab/shop/compose.yml", "quorate mcp --site . --allow-actions");
    }
}

using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Quorate.Tests.Integration.Cli;

namespace Quorate.Tests.Integration.Gateway;

/// <summary>An MCP client against <c>quorate mcp</c> as a process, with the members that need no network.</summary>
public class McpTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tools_ListedAndCalled_AnswerAndFindTheAnswerInTheLedger()
    {
        using var cli = new QuorateCli();
        await using var client = await ConnectAsync(cli);

        var tools = await client.ListToolsAsync(cancellationToken: Token);
        var answer = await client.CallToolAsync("ask", new Dictionary<string, object?> { ["question"] = "What does a quorum certificate prove?" }, cancellationToken: Token);
        var found = await client.CallToolAsync("ledger_search", new Dictionary<string, object?> { ["kind"] = "llm_run", ["limit"] = 5 }, cancellationToken: Token);

        Assert.Equal(["ask", "ledger_search"], tools.Select(t => t.Name).Order());
        Assert.False(answer.IsError == true, Text(answer));
        Assert.False(string.IsNullOrWhiteSpace(Json(answer).GetProperty("text").GetString()));
        var entries = Json(found).GetProperty("entries").EnumerateArray().ToList();
        Assert.InRange(entries.Count, 1, 5);
        Assert.All(entries, e => Assert.Equal("llm_run", e.GetProperty("kind").GetString()));
    }

    [Theory]
    [InlineData("ask", "question", "", "question_length")]
    [InlineData("ask", "type", "maybe", "type_unknown")]
    [InlineData("ask", "domain", "Astrology", "domain_unknown")]
    [InlineData("ledger_search", "limit", 5_000, "limit_range")]
    public async Task Tools_WrongInput_IsAnErrorOfTheTool(string tool, string field, object value, string code)
    {
        using var cli = new QuorateCli();
        await using var client = await ConnectAsync(cli);
        var arguments = new Dictionary<string, object?> { [field] = value };
        if (tool == "ask")
        {
            arguments.TryAdd("question", "Why?");
        }

        var answer = await client.CallToolAsync(tool, arguments, cancellationToken: Token);

        Assert.True(answer.IsError);
        Assert.StartsWith(code, Text(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Triage_WithoutAllowActions_IsListedAsReadOnly()
    {
        using var cli = new QuorateCli();
        await using var client = await ConnectAsync(cli, "--site", Path.Combine(QuorateCli.Root, "lab/shop/compose.yml"), "--platform", "process");

        var triage = (await client.ListToolsAsync(cancellationToken: Token)).Single(t => t.Name == "triage");

        Assert.True(triage.ProtocolTool.Annotations?.ReadOnlyHint);
        Assert.False(triage.ProtocolTool.Annotations?.DestructiveHint);
    }

    private static Task<McpClient> ConnectAsync(QuorateCli cli, params string[] more) => McpClient.CreateAsync(
        new StdioClientTransport(new StdioClientTransportOptions
        {
            Name = "quorate",
            Command = Path.Combine(QuorateCli.Root, "artifacts/publish/Quorate.Cli/release/quorate"),
            Arguments = ["mcp", "--home", cli.Home, .. more],
            WorkingDirectory = cli.Home,
        }),
        cancellationToken: Token);

    private static string Text(CallToolResult result) => string.Concat(result.Content.OfType<TextContentBlock>().Select(c => c.Text));

    private static JsonElement Json(CallToolResult result) => JsonSerializer.Deserialize<JsonElement>(Text(result));
}

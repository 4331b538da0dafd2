using System.ComponentModel;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Quorate.Cli.Asking;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Engine.Ask.Catalog;

namespace Quorate.Cli.Mcp;

/// <summary>Puts a question to the panel.</summary>
internal sealed class AskTool(Workspace workspace, IAskEngine engine)
{
    private const int LongestText = 2_000;

    public McpServerTool Create() => McpServerTool.Create(AskAsync, new McpServerToolCreateOptions
    {
        Name = "ask",
        Description = "Ask a panel of several models one question. Gives the consensus, a score of 0 to 100 for how far they agree, who dissents and why, and whether the answer is degraded because members failed.",
        ReadOnly = true,
        Destructive = false,
        OpenWorld = true,
    });

    private Task<CallToolResult> AskAsync(
        [Description("The question, 1 to 20,000 characters.")] string question,
        [Description("none (default), open, yes-no or multiple-choice.")] string? type = null,
        [Description("Custom (default), Education, Healthcare, Policy, Science/Technology or Environmental.")] string? domain = null,
        [Description("The choices of a multiple-choice question, 2 to 26.")] string[]? choices = null,
        [Description("Members to ask; none: the whole panel.")] string[]? models = null,
        CancellationToken cancellationToken = default) => ToolAnswers.RunAsync(
        async () =>
        {
            var request = new AskRequest
            {
                Query = ToolAnswers.Checked("question", question, AskRequest.MaxQuery),
                QuestionType = type is null ? QuestionType.None : QuestionTypes.Find(type) ?? throw QuorateException.Input("type_unknown", $"type is '{PlainText.Line(type, 60)}'", "allowed: none, open, yes-no, multiple-choice"),
                Domain = domain ?? "Custom",
                Choices = choices ?? [],
                Models = models ?? [],
            };
            var result = await engine.AskAsync(workspace.Ids.Next("ask"), request, new NoAskObserver(), cancellationToken);
            await AskParts.RecordAsync(workspace, result, cancellationToken);
            return View(result);
        },
        Console.Error);

    private static object View(AskResult result) => new
    {
        result.JobId,
        result.Consensus.Text,
        result.Consensus.Score,
        result.Consensus.Degraded,
        result.Consensus.Method,
        result.Consensus.Answer,
        result.Consensus.Aggregator,
        Dissent = result.Dissent.Select(d => new { d.Model, Text = PlainText.Clean(d.Text, LongestText), d.Reason }),
        Members = result.Responses.Select(r => new { r.Model, r.Role, r.Status, Error = r.Error?.Code, r.Vote, r.Confidence, Text = PlainText.Clean(r.Text, LongestText) }),
        OutcomeHash = result.Certificate?.OutcomeHash,
    };
}

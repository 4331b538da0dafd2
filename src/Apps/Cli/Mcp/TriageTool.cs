using System.ComponentModel;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Quorate.Cli.Common;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;

namespace Quorate.Cli.Mcp;

/// <summary>Finds the cause of an incident on the one site that this server was started for; a model chooses neither site nor planner.</summary>
internal sealed class TriageTool(Workspace workspace, Site site, string platform, bool allowActions) : IDisposable
{
    private const int LongestText = 4_000;
    private const int LongestOutput = 1_000;

    // Two repairs of one site at once would disturb each other.
    private readonly SemaphoreSlim _one = new(1, 1);

    public McpServerTool Create() => McpServerTool.Create(TriageAsync, new McpServerToolCreateOptions
    {
        Name = "triage",
        Description = allowActions
            ? "Find the cause of an incident on the site's running services, repair it as far as the approval panel lets it, and verify the repair."
            : "Find the cause of an incident on the site's running services and plan a repair. Reads only: nothing is changed.",
        ReadOnly = !allowActions,
        Destructive = allowActions,
        OpenWorld = false,
    });

    public void Dispose() => _one.Dispose();

    private Task<CallToolResult> TriageAsync([Description("What is wrong, in anyone's words, 1 to 4,000 characters.")] string text, CancellationToken cancellationToken = default) => ToolAnswers.RunAsync(
        async () =>
        {
            var words = ToolAnswers.Checked("text", text, LongestText);
            await _one.WaitAsync(cancellationToken);
            try
            {
                var engine = await workspace.CreateEngineAsync(site, await workspace.OpenPlatformAsync(site, platform, cancellationToken), "auto", cancellationToken);
                return View(await engine.RunAsync(words, new Observer(allowActions), cancellationToken));
            }
            finally
            {
                _one.Release();
            }
        },
        Console.Error);

    private static object View(TriageResult result) => new
    {
        result.IncidentId,
        result.Outcome,
        result.RootCause,
        result.RootService,
        result.Verified,
        result.Questions,
        result.Deviations,
        Plans = result.Plans.Select(p => new { p.PlanVersion, p.RootGoal, Tasks = p.Tasks.Select(t => new { t.TaskId, t.Type, t.Target, t.Dependencies }) }),
        Tasks = result.Tasks.Select(t => new { t.TaskId, t.PlanVersion, t.Type, t.Target, t.Status, Out = t.Out.Length <= LongestOutput ? t.Out : t.Out[..LongestOutput] }),
    };

    /// <summary>Nobody is here to be asked: actions are allowed for this server as a whole or not at all.</summary>
    private sealed class Observer(bool allowActions) : ITriageObserver
    {
        public void OnEvent(TriageEvent triageEvent)
        {
        }

        public Task<bool> ConfirmAsync(Plan plan, IReadOnlyList<PlanTask> actions, CancellationToken cancellationToken) => Task.FromResult(allowActions);

        public Task<string?> AskAsync(ClarifyingTask question, CancellationToken cancellationToken) => Task.FromResult<string?>(null);
    }
}

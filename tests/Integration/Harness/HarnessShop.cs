using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Evaluation;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Planning;
using Quorate.Faults;
using Quorate.Harness.Runs;
using Quorate.Harness.Scenarios;
using Quorate.Platforms.Compose;
using Quorate.Tests.Integration.Cli;

namespace Quorate.Tests.Integration.Harness;

/// <summary>A copy of the shop's Compose file on free ports, up as processes; the harness runs on it inside the test. Down and gone when disposed.</summary>
public sealed class HarnessShop : IAsyncLifetime
{
    private static readonly string[] PortVariables =
        ["SHOP_EDGE_PORT", "SHOP_API_PORT", "SHOP_STORE_PORT", "SHOP_CACHE_PORT", "SHOP_QUEUE_PORT", "SHOP_WORKER_PORT"];

    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-harness-").FullName;
    private readonly Dictionary<string, string> _environment = [];
    private int _runs;

    /// <summary>The copy; a test that changes it puts it back.</summary>
    public string ComposeFile => Path.Combine(_folder, "compose.yml");

    public async ValueTask InitializeAsync()
    {
        var lab = Path.Combine(QuorateCli.Root, "lab/shop");
        var text = await File.ReadAllTextAsync(Path.Combine(lab, "compose.yml"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            ComposeFile,
            text.Replace("../../artifacts", Path.Combine(QuorateCli.Root, "artifacts"), StringComparison.Ordinal).Replace("./runbooks", Path.Combine(lab, "runbooks"), StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        _environment["COMPOSE_PROJECT_NAME"] = $"harness{Environment.ProcessId}";
        _environment["SHOP_DATA"] = Path.Combine(_folder, "data");
        foreach (var (variable, port) in PortVariables.Zip(FreePorts.Find(PortVariables.Length)))
        {
            _environment[variable] = $"{port}";
        }

        await InWorkspaceAsync(async (workspace, site, token) => await (await workspace.OpenPlatformAsync(site, "process", token)).UpAsync(null, token), TestContext.Current.CancellationToken);
    }

    /// <summary>
    /// One run of a crashed store, with a window of one second. Cheat: what the agent that acts does instead of its task,
    /// before it says that all went well; null: it does its task.
    /// </summary>
    public async Task<FinishedRun> RunAsync(string arm, Func<IPlatform, CancellationToken, Task>? cheat, CancellationToken token)
    {
        FinishedRun? run = null;
        await InWorkspaceAsync(
            async (workspace, site, cancel) =>
            {
                var services = HarnessRequest.Services(workspace, new PlannerSettings());
                var create = services.CreateTriage;
                services = services with
                {
                    Triage = services.Triage with { SettleLimit = TimeSpan.FromSeconds(1) },
                    // The watchdog is this program with other arguments, and this program is the tests.
                    CreateInjector = (s, platform) => new FaultInjector(s, platform, workspace.SiteState(s), workspace.Time) { Owner = FaultOwner.Current },
                    CreateTriage = async (s, platform, t) => (await create(s, platform, t)) is var triage && cheat is not null
                        ? triage with { CreateAgent = Cheating(cheat, platform) }
                        : triage,
                };
                var batch = new HarnessBatch(services, _ => site, Path.Combine(_folder, "records"), resume: false);
                await batch.RunAsync([new RunRequest(Scenario(), 1, ++_runs, arm, 0, "process")], _ => { }, finished => run = finished, cancel);
            },
            token);
        return run!;
    }

    public async ValueTask DisposeAsync()
    {
        await InWorkspaceAsync(async (workspace, site, token) => await (await workspace.OpenPlatformAsync(site, "process", token)).DownAsync(null, token), CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    private Scenario Scenario() => ScenarioReader.Read(
        """{"name":"crashed_store","summary":"The store is killed.","site":"compose.yml","platform":["process"],"faults":[{"name":"crash","target":"store","at_s":0.2}],"incidents":["orders fail"],"stability_window_s":1,"timeout_s":30,"expected":{"root_service":"store"}}""",
        _folder);

    private static Func<string, IAgent?> Cheating(Func<IPlatform, CancellationToken, Task> cheat, IPlatform platform) =>
        name => name == Contracts.Plans.AgentNames.Action ? new CheatingAgent(cheat, platform) : null;

    private async Task InWorkspaceAsync(Func<Workspace, Site, CancellationToken, Task> work, CancellationToken token)
    {
        var root = new RootCommand();
        GlobalOptions.AddTo(root);
        await Workspace.RunAsync(root.Parse(["--home", Path.Combine(_folder, "home")]), async workspace =>
        {
            await work(workspace, ComposeLoader.Load(ComposeFile, _environment), token);
            return 0;
        });
    }

    private sealed class CheatingAgent(Func<IPlatform, CancellationToken, Task> cheat, IPlatform platform) : IAgent
    {
        public string Name => Contracts.Plans.AgentNames.Action;

        public async Task<Contracts.Plans.TaskResult> ExecuteAsync(Contracts.Plans.PlanTask task, TaskContext context, CancellationToken cancellationToken)
        {
            await cheat(platform, cancellationToken);
            return Contracts.Plans.TaskResult.Ok("repaired, everything is fine");
        }
    }
}

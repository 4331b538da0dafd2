using Microsoft.Extensions.Logging;
using Quorate.Charts;
using Quorate.Cli.Asking;
using Quorate.Cli.Common;
using Quorate.Cli.Configuration;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Models.Health;
using Quorate.Models.Panel;
using Quorate.Server;
using Quorate.Server.Ports;
using Quorate.Storage;

namespace Quorate.Cli.Serving;

/// <summary>The server's parts, wired as a workspace's configuration says, and what runs beside it: the watch over the configuration and the heartbeats.</summary>
internal sealed class ServerComposition : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly PanelWatcher _watcher;
    private readonly Task _running;

    private ServerComposition(ServerParts parts, PanelWatcher watcher, HealthMonitor health)
    {
        (Parts, _watcher) = (parts, watcher);
        _running = Task.WhenAll(watcher.RunAsync(_stopping.Token), health.RunAsync(_stopping.Token));
    }

    public ServerParts Parts { get; }

    /// <exception cref="QuorateException">The configuration of the panel is wrong, or a folder of documents is missing.</exception>
    public static async Task<ServerComposition> CreateAsync(Workspace workspace, QuorateStore store, CancellationToken token)
    {
        EnvFile.WriteTemplate(Path.Combine(workspace.Home, EnvFile.FileName));
        var embedded = AskParts.Embedded(workspace, []);
        var watcher = await workspace.WatchModelPanelAsync(embedded, token);
        watcher.Reloaded = (_, problem) => Tell(problem is null ? "the panel is reloaded" : $"the panel stays as it was: {problem}");
        AskParts.Notices(watcher.Current).ToList().ForEach(Tell);
        var health = new HealthMonitor(() => watcher.Current, workspace.Time);
        var engine = AskParts.CreateEngine(workspace, () => watcher.Current, embedded, store.AskJournal, health);
        var parts = new ServerParts
        {
            Ask = new RecordedAskEngine(workspace, engine),
            Panel = () => watcher.Current,
            Catalog = new AskCatalog(),
            Charts = new Charts(),
            Health = new Health(health),
            Jobs = store.AskJobs,
            Accounts = store.Accounts,
            Time = workspace.Time,
            Ids = workspace.Ids,
            Embeddings = workspace.OpenEmbeddings(),
            // A start that fails is told by whoever started it, without a stack trace.
            Logging = logging => logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical).AddProvider(new StderrLog()),
        };
        return new ServerComposition(parts, watcher, health);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _watcher.DisposeAsync();
        _stopping.Dispose();
    }

    private static void Tell(string notice) => Console.Error.WriteLine(PlainText.Line(notice, 1_000));

    private sealed class Charts : IChartRenderer
    {
        public IReadOnlyList<string> Kinds => ChartFiles.Kinds;

        public Task<string> RenderAsync(ResponseAnalysis analysis, string kind, CancellationToken cancellationToken) => ChartFiles.RenderAsync(analysis, kind);
    }

    private sealed class Health(HealthMonitor monitor) : IAgentHealth
    {
        public IReadOnlyList<AgentState> Snapshot() => [.. monitor.Snapshot().Select(h =>
            new AgentState(h.Agent, h.Status.ToString().ToLowerInvariant(), h.LastHeartbeat, h.ConsecutiveFailures, h.FailedProbes))];

        public bool Reset(string member)
        {
            if (monitor.Snapshot().All(h => h.Agent != member))
            {
                return false;
            }

            monitor.Reset(member);
            return true;
        }
    }
}

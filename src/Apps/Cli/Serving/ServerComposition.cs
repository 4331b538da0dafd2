using Microsoft.Extensions.Logging;
using Quorate.Cli.Asking;
using Quorate.Cli.Common;
using Quorate.Cli.Configuration;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Models.Health;
using Quorate.Models.Panel;
using Quorate.Server;
using Quorate.Storage;

namespace Quorate.Cli.Serving;

/// <summary>
/// The server's parts, wired as a workspace's configuration says: the panel follows changes of the configuration, its members are probed, and
/// what was signed is kept in the ledger.
/// </summary>
internal sealed class ServerComposition : IAsyncDisposable
{
    private readonly PanelWatcher _watcher;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _background;

    private ServerComposition(PanelWatcher watcher, HealthMonitor monitor, ServerParts parts)
    {
        _watcher = watcher;
        Parts = parts;
        _background = Task.WhenAll(watcher.RunAsync(_stop.Token), monitor.RunAsync(_stop.Token));
    }

    public ServerParts Parts { get; }

    /// <exception cref="QuorateException">The panel's configuration is wrong.</exception>
    public static async Task<ServerComposition> CreateAsync(Workspace workspace, QuorateStore store, CancellationToken token)
    {
        EnvFile.WriteTemplate(Path.Combine(workspace.Home, EnvFile.FileName));
        var embedded = AskParts.Embedded(workspace, []);
        var watcher = await workspace.WatchModelPanelAsync(embedded, token);
        watcher.Reloaded = (panel, problem) => Tell(panel is null ? $"the panel stays as it was: {problem}" : "the panel is reloaded");
        AskParts.Notices(watcher.Current).ToList().ForEach(Tell);
        var monitor = new HealthMonitor(() => watcher.Current, workspace.Time);
        return new ServerComposition(watcher, monitor, new ServerParts
        {
            Ask = new RecordingEngine(workspace, AskParts.CreateEngine(workspace, () => watcher.Current, embedded, store.AskJournal)),
            Panel = () => watcher.Current,
            Catalog = new EngineCatalog(),
            Charts = new SvgCharts(),
            Health = new MonitoredHealth(monitor),
            Jobs = store.AskJobs,
            Accounts = store.Accounts,
            Time = workspace.Time,
            Ids = workspace.Ids,
            Logging = logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(new StderrLog()),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _background;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        await _watcher.DisposeAsync();
        _stop.Dispose();
    }

    private static void Tell(string notice) => Console.Error.WriteLine(PlainText.Line(notice, 1_000));

    /// <summary>Keeps each signed outcome in the ledger. Begun again after a crash it may keep one twice: the same hash, and nothing is lost.</summary>
    private sealed class RecordingEngine(Workspace workspace, IAskEngine inner) : IAskEngine
    {
        public async Task<AskResult> AskAsync(string jobId, AskRequest request, IAskObserver observer, CancellationToken cancellationToken)
        {
            var result = await inner.AskAsync(jobId, request, observer, cancellationToken);
            await AskParts.RecordAsync(workspace, result, cancellationToken);
            return result;
        }
    }
}

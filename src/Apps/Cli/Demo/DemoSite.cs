using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Compose;
using Quorate.Platforms.Processes;

namespace Quorate.Cli.Demo;

/// <summary>The shipped shop under its own project name, on free ports, with its data in a temporary folder; gone when disposed.</summary>
internal sealed class DemoSite : IAsyncDisposable
{
    private static readonly string[] PortVariables =
        ["SHOP_EDGE_PORT", "SHOP_API_PORT", "SHOP_STORE_PORT", "SHOP_CACHE_PORT", "SHOP_QUEUE_PORT", "SHOP_WORKER_PORT"];

    private readonly string _data;
    private readonly string _state;

    private DemoSite(Site site, ProcessPlatform platform, string data, string state)
    {
        Site = site;
        Platform = platform;
        _data = data;
        _state = state;
    }

    public Site Site { get; }

    public ProcessPlatform Platform { get; }

    /// <exception cref="QuorateException">The lab is not beside the program.</exception>
    public static DemoSite Create(Workspace workspace)
    {
        var composeFile = FindLab();
        var data = Directory.CreateTempSubdirectory("quorate-demo-").FullName;
        var environment = new Dictionary<string, string>(Workspace.ProcessEnvironment())
        {
            ["COMPOSE_PROJECT_NAME"] = $"shop-demo-{Environment.ProcessId}",
            ["SHOP_DATA"] = data,
        };
        foreach (var (variable, port) in PortVariables.Zip(FreePorts.Find(PortVariables.Length)))
        {
            environment[variable] = $"{port}";
        }

        var site = ComposeLoader.Load(composeFile, environment);
        return new DemoSite(site, new ProcessPlatform(site, workspace.SiteState(site), workspace.Time), data, workspace.SiteState(site));
    }

    public async ValueTask DisposeAsync()
    {
        // Even after Ctrl-C nothing may stay behind.
        await Platform.DownAsync(null, CancellationToken.None);
        Platform.Dispose();
        Directory.Delete(_data, recursive: true);
        Directory.Delete(_state, recursive: true);
    }

    private static string FindLab() => ShippedFiles.Find(Path.Combine("lab", "shop", "compose.yml"));
}

using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.Extensions.AI;
using Quorate.Cli.Configuration;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Approval;
using Quorate.Engine.Ports;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Baseline;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Planning;
using Quorate.Faults;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Models.Providers;
using Quorate.Platforms.Compose;
using Quorate.Platforms.Docker;
using Quorate.Platforms.Processes;
using Quorate.Platforms.Services;
using Quorate.Storage;
using Quorate.Storage.Keys;
using Quorate.Storage.Ledger;
using Quorate.Storage.Panels;

namespace Quorate.Cli.Common;

/// <summary>What one run of the command line works with: the composition root, opened piece by piece as commands need it.</summary>
internal sealed class Workspace : IAsyncDisposable
{
    private readonly HttpClient _http = TriageHttp.Create();
    private readonly List<IDisposable> _opened = [];
    private readonly HashSet<string> _watched = [];
    private FileKeyRing? _keys;
    private QuorateStore? _store;
    private string? _storeFile;
    private PanelFolder? _panel;

    private readonly string? _configFile;
    private ModelPanel? _models;

    private Workspace(Output output, QuorateConfig config, string? configFile)
    {
        Output = output;
        Config = config;
        _configFile = configFile;
    }

    public Output Output { get; }

    public QuorateConfig Config { get; }

    public TimeProvider Time { get; } = TimeProvider.System;

    public IIdSource Ids { get; } = new RandomIds();

    public string Home => Config.Home!;

    /// <summary>Opens a workspace as the global options say, runs the command in it, and closes it.</summary>
    public static async Task<int> RunAsync(ParseResult parse, Func<Workspace, Task<int>> command)
    {
        var file = parse.GetValue(GlobalOptions.Config);
        var config = ConfigLoader.Load(file, parse.GetValue(GlobalOptions.Home));
        await using var workspace = new Workspace(new Output(parse.GetValue(GlobalOptions.Json)), config, file);
        return await command(workspace);
    }

    public static IReadOnlyDictionary<string, string> ProcessEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");

    public static Site LoadSite(string path) => ComposeLoader.Load(path, ProcessEnvironment());

    public string PanelKeys => Path.Combine(Home, "keys", PanelFolder.GroupName);

    public string SiteState(Site site) => Path.Combine(Home, "sites", site.Id);

    /// <summary>Chooses where the site runs: as asked, else where it already runs, else as processes when the file says how.</summary>
    public async Task<IPlatform> OpenPlatformAsync(Site site, string name, CancellationToken token)
    {
        if (name == "docker" || (name == "auto" && site.Services.Any(s => s.Process is null)))
        {
            return Keep(new DockerPlatform(site, new DockerOptions(), Time));
        }

        var processes = Keep(new ProcessPlatform(site, SiteState(site), Time));
        return name == "process" || await AnyRunsAsync(processes, token) ? processes : await FindInDockerAsync(site, token) ?? (IPlatform)processes;
    }

    public async Task<SiteStatus> ReadStatusAsync(Site site, IPlatform platform, CancellationToken token) =>
        await new SiteProber(site, platform, _http, Time).ProbeAsync(await platform.ObserveAsync(token), token);

    /// <summary>Null where services have no admin interfaces that are known.</summary>
    public ISiteInspector? OpenInspector(IPlatform platform) =>
        platform is DockerPlatform docker ? docker.CreateInspector(new SecretDigest(DigestKey.ReadOrCreate(Path.Combine(Home, "keys")))) : null;

    public Task<HealthyBaseline?> FindBaselineAsync(Site site, IPlatform platform, CancellationToken token) =>
        BaselineFile.FindAsync(SiteState(site), site, platform.Name, token);

    /// <summary>Records how the site is; the reasons when it is not healthy, and nothing is recorded then.</summary>
    public async Task<(HealthyBaseline? Baseline, IReadOnlyList<string> Unhealthy)> RecordBaselineAsync(Site site, IPlatform platform, CancellationToken token)
    {
        var recorded = await new BaselineRecorder(site, platform, new SiteProber(site, platform, _http, Time), OpenInspector(platform), Time).RecordAsync(token);
        if (recorded.Baseline is { } baseline)
        {
            await BaselineFile.SaveAsync(SiteState(site), baseline, token);
        }

        return recorded;
    }

    /// <summary>The site is healthy now: what its services have logged until now is over. Nothing without a baseline.</summary>
    public async Task ConfirmHealthyAsync(Site site, IPlatform platform, CancellationToken token)
    {
        try
        {
            if (await FindBaselineAsync(site, platform, token) is { } baseline)
            {
                await BaselineFile.SaveAsync(SiteState(site), baseline with { HealthyAt = Time.GetUtcNow() }, token);
            }
        }
        catch (QuorateException unwritable) when (unwritable.Kind == ErrorKind.Missing)
        {
            // Old log lines count a while longer: no reason to lose what a repair came to.
            return;
        }
    }

    /// <summary>Of faults that end with this process, if they are not taken back before.</summary>
    public FaultInjector CreateInjector(IPlatform platform, Site site, bool anySite = false) => CreateInjector(platform, site, anySite, FaultOwner.Current, null);

    /// <param name="platform">Where the site runs.</param>
    /// <param name="site">The site to break.</param>
    /// <param name="anySite">Allow one that is not a lab.</param>
    /// <param name="owner">The process with whose end the faults end; null: they last until their deadline.</param>
    /// <param name="duration">How long they last; null: each its own time.</param>
    public FaultInjector CreateInjector(IPlatform platform, Site site, bool anySite, FaultOwner? owner, TimeSpan? duration) =>
        new(site, platform, SiteState(site), Time, anySite) { Owner = owner, Duration = duration, StartWatchdog = () => StartWatchdog(platform, site) };

    /// <summary>Once for each site: it watches as long as this process lives.</summary>
    private void StartWatchdog(IPlatform platform, Site site)
    {
        if (_watched.Add(site.Id))
        {
            // A named file is loaded without the override beside it.
            var path = site.OverrideFile is null ? site.ComposeFile : Path.GetDirectoryName(site.ComposeFile)!;
            IReadOnlyList<string> config = _configFile is null ? [] : ["--config", Path.GetFullPath(_configFile)];
            FaultWatchdog.Start(["fault", "watch", "--site", path, .. config, "--platform", platform.Name, "--home", Path.GetFullPath(Home), "--starter", $"{Environment.ProcessId}"]);
        }
    }

    /// <summary>Another file than the home's; said before the store is opened.</summary>
    public void UseStore(string file) => _storeFile = Path.GetFullPath(file);

    public FileKeyRing OpenKeys() => _keys ??= Keep(FileKeyRing.Open(Path.Combine(Home, "keys"), Time));

    /// <summary>Keys of those who sign together, kept in a folder of this name.</summary>
    public MemberKeys OpenMemberKeys(string group) => new(Path.Combine(Home, "keys", group), Environment.GetEnvironmentVariable(FileKeyRing.PassphraseVariable));

    public async Task<QuorateStore> OpenStoreAsync(CancellationToken token) =>
        _store ??= await QuorateStore.OpenAsync(_storeFile ?? Path.Combine(Home, "quorate.db"), OpenKeys(), Time, cancellationToken: token);

    public async Task<ILedger> OpenLedgerAsync(CancellationToken token) => (await OpenStoreAsync(token)).Ledger;

    public async Task<LedgerVerification> VerifyLedgerAsync(CancellationToken token) =>
        await LedgerVerifier.VerifyStoreAsync((await OpenStoreAsync(token)).File, OpenKeys().PublicKeys, token);

    public async Task<TriageEngine> CreateEngineAsync(Site site, IPlatform platform, string planner, CancellationToken token, TimeSpan? window = null, string? approval = null) =>
        new(await CreateTriageAsync(site, platform, planner, token, approval), TriageLimits(window));

    /// <summary>What a triage of the site works with.</summary>
    public async Task<TriageServices> CreateTriageAsync(Site site, IPlatform platform, string planner, CancellationToken token, string? approval = null)
    {
        var store = await OpenStoreAsync(token);
        return new TriageServices
        {
            Site = site,
            Platform = platform,
            Planner = PlannerFactory.Create(Enum.Parse<PlannerMode>(planner, ignoreCase: true), await PlannerSettingsAsync(planner, token), (run, cancel) => RecordAsync(store.Ledger, run, cancel), Time, Ids),
            Ledger = store.Ledger,
            Leases = store.Leases,
            Keys = OpenKeys(),
            Time = Time,
            Ids = Ids,
            Http = _http,
            Inspector = OpenInspector(platform),
            Healthy = await FindBaselineAsync(site, platform, token),
            OnHealthy = cancel => ConfirmHealthyAsync(site, platform, cancel),
            Approval = (approval ?? Config.Approval) == "off" ? null : OpenPanel().Panel,
            Agents = new AgentSettings
            {
                RunbookFolders = [.. Config.Triage.Runbooks.Select(Path.GetFullPath)],
                Commands = Config.Triage.Exec.ToDictionary(e => e.Key, e => (IReadOnlyList<string>)e.Value),
            },
        };
    }

    public async Task<PlannerSettings> PlannerSettingsAsync(string planner, CancellationToken token) =>
        new() { Model = await PlannerModel.ChooseAsync(Config.Planner, planner, Time, token), RuleFiles = Config.Triage.Rules, Limits = new PlanLimits { MaxVersions = Config.Triage.MaxVersions } };

    public TriageOptions TriageLimits(TimeSpan? window = null) => new()
    {
        MaxPlanVersions = Config.Triage.MaxVersions,
        MaxDuration = TimeSpan.FromSeconds(Config.Triage.TimeoutSeconds),
        VerifyWindow = window ?? TimeSpan.FromSeconds(Config.Triage.StabilityWindowSeconds),
    };

    /// <summary>The panel that questions go to, as configured now; calls are recorded in the ledger. Closed with the workspace.</summary>
    /// <exception cref="QuorateException">Missing: there are no members at all.</exception>
    public async Task<ModelPanel> OpenModelPanelAsync(IReadOnlyList<(MemberInfo Info, IChatClient Client)> embedded, CancellationToken token) =>
        _models ??= await CreateModelPanelAsync(Config, embedded, null, token);

    /// <summary>What makes vectors of answers; null when none is configured or its key is missing.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? OpenEmbeddings()
    {
        var (embeddings, variables) = (Config.Ask.Embeddings, EnvironmentValues.Load(Home));
        if (!embeddings.IsSet)
        {
            return null;
        }

        var model = ModelConfig.Create(embeddings.Preset, embeddings.Endpoint, embeddings.Model, embeddings.ApiKeyEnv, variables.Get) with { Deadline = TimeSpan.FromSeconds(Config.Ask.TimeoutSeconds) };
        return ModelPanel.MissingKey(model, variables.Get) is not null ? null : Keep(new OpenAiEmbeddingGenerator(model, ModelClients.ReadKey(model, variables.Get), Time));
    }

    /// <summary>The panel, made anew whenever quorate.json or a .env file changes. The caller runs and disposes of it.</summary>
    public Task<PanelWatcher> WatchModelPanelAsync(IReadOnlyList<(MemberInfo Info, IChatClient Client)> embedded, CancellationToken token) =>
        PanelWatcher.StartAsync(
            [ConfigLoader.PathOf(_configFile), .. EnvironmentValues.FilesOf(Home)],
            (previous, cancel) => CreateModelPanelAsync(ConfigLoader.Load(_configFile, Home), embedded, previous, cancel),
            Time,
            token);

    private async Task<ModelPanel> CreateModelPanelAsync(QuorateConfig config, IReadOnlyList<(MemberInfo Info, IChatClient Client)> embedded, ModelPanel? previous, CancellationToken token)
    {
        var variables = EnvironmentValues.Load(Home);
        var plan = await PanelPlan.ReadAsync(config, variables, Time, token);
        var ledger = await OpenLedgerAsync(token);
        var random = new Random(BitConverter.ToInt32(RandomNumberGenerator.GetBytes(sizeof(int))));
        return ModelPanel.Create(plan.Settings, embedded, (run, cancel) => RecordAsync(ledger, run, cancel), Time, Ids, random, variables.Get, previous);
    }

    public async ValueTask DisposeAsync()
    {
        if (_models is not null)
        {
            await _models.DisposeAsync();
        }

        _opened.ForEach(o => o.Dispose());
        _http.Dispose();
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    private PanelFolder OpenPanel()
    {
        var policy = new ApprovalPolicy
        {
            ProtectedServices = Config.Panel.Protected,
            DeniedTypes = Config.Panel.Denied,
            Commands = Config.Triage.Exec.Keys,
            MaxServicesDown = Config.Panel.MaxServicesDown,
        };
        return _panel ??= Keep(PanelFolder.Open(
            PanelKeys, policy, TimeSpan.FromSeconds(Config.Panel.TimeoutSeconds), Environment.GetEnvironmentVariable(FileKeyRing.PassphraseVariable), Time));
    }

    private static async Task RecordAsync(ILedger ledger, LlmRun run, CancellationToken token) =>
        await ledger.AppendAsync(new LedgerDraft(LedgerKinds.LlmRun, run.IncidentId ?? run.RunId, QuorateJson.ToElement(run), DecisionTag.LlmDecision), token);

    private T Keep<T>(T opened)
        where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    private static async Task<bool> AnyRunsAsync(ProcessPlatform platform, CancellationToken token) =>
        (await platform.ObserveAsync(token)).Any(o => o.State is ServiceState.Running or ServiceState.Paused);

    /// <summary>Null when the site has no containers, or there is no engine to ask.</summary>
    private async Task<DockerPlatform?> FindInDockerAsync(Site site, CancellationToken token)
    {
        try
        {
            var docker = Keep(new DockerPlatform(site, new DockerOptions(), Time));
            return (await docker.ObserveAsync(token)).Any(o => o.State != ServiceState.Missing) ? docker : null;
        }
        catch (QuorateException)
        {
            return null;
        }
    }
}

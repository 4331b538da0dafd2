using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ask;
using Quorate.Engine.Ports;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Server;
using Quorate.Server.Ports;
using Quorate.Server.Security;
using Quorate.Storage;
using Quorate.Storage.Keys;
using Quorate.Tests.Integration.Ask;
using Quorate.Tests.Integration.Models;

namespace Quorate.Tests.Integration.Gateway;

/// <summary>
/// A real server on a free port: five members m1 to m5 of one upstream, and the member scripted of another, each behind its whole pipeline.
/// </summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public static readonly string[] Five = ["m1", "m2", "m3", "m4", "m5"];

    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-gateway-").FullName;
    private readonly FileKeyRing _keys;
    private QuorateStore _store = null!;
    private ModelPanel _panel = null!;
    private WebApplication _app = null!;

    private GatewayHost() => _keys = FileKeyRing.Open(Path.Combine(_folder, "keys"), TimeProvider.System, passphrase: null);

    public PanelServer Upstream { get; private set; } = null!;

    public ScriptedModelServer Scripted { get; private set; } = null!;

    /// <summary>What the audit was given.</summary>
    public ConcurrentQueue<LlmRun> Runs { get; } = new();

    public Uri Address => new(QuorateServer.Addresses(_app).Single());

    public HttpClient Client { get; private set; } = null!;

    /// <summary>An operator's API key.</summary>
    public string Key { get; private set; } = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<GatewayHost> StartAsync(IEmbeddingGenerator<string, Embedding<float>>? embeddings = null, int maxBodyBytes = 256 * 1024)
    {
        var host = new GatewayHost();
        await host.BeginAsync(embeddings, maxBodyBytes);
        return host;
    }

    public async Task<HttpResponseMessage> PostAsync(object body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    public async Task<(int Status, JsonElement Body)> AskAsync(object body, params (string Name, string Value)[] headers)
    {
        using var response = await PostAsync(body, headers);
        return ((int)response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Token)));
    }

    public async Task<(int Status, JsonElement Error)> RawAsync(string path, string body, string type = "application/json")
    {
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.ContentType = new(type);
        using var response = await Client.PostAsync(path, content, Token);
        return ((int)response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Token)).GetProperty("error"));
    }

    public static object Chat(string model, string text, bool stream = false) => new { model, messages = new[] { new { role = "user", content = text } }, stream };

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await _panel.DisposeAsync();
        await _store.DisposeAsync();
        await Upstream.DisposeAsync();
        await Scripted.DisposeAsync();
        _keys.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task BeginAsync(IEmbeddingGenerator<string, Embedding<float>>? embeddings, int maxBodyBytes)
    {
        Upstream = await PanelServer.StartAsync(Token);
        Scripted = await ScriptedModelServer.StartAsync(Token);
        _store = await QuorateStore.OpenAsync(Path.Combine(_folder, "quorate.db"), _keys, TimeProvider.System, cancellationToken: Token);
        var members = Five.Select(name => new MemberSettings { Name = name, Model = ModelConfig.Create(null, Upstream.Endpoint.ToString(), name) with { MaxRetries = 0 }, Aggregator = name == "m1" })
            .Append(new MemberSettings { Name = "scripted", Model = ModelConfig.Create(null, Scripted.Endpoint.ToString(), "test-model") with { MaxRetries = 0 } });
        _panel = ModelPanel.Create(
            new PanelSettings { Members = [.. members], Pipeline = new PipelineSettings { Cache = false, Stall = TimeSpan.FromSeconds(1) } },
            [], (run, _) => Record(run), TimeProvider.System, new Ids(), new Random(1));
        var engine = new AskEngine(new AskServices { Panel = () => _panel, Journal = _store.AskJournal, Options = new AskOptions { Grace = TimeSpan.FromMilliseconds(700) }, Time = TimeProvider.System });
        _app = QuorateServer.Build(new ServerSettings { Urls = ["http://127.0.0.1:0"], RequestsPerMinute = 100_000, MaxBodyBytes = maxBodyBytes }, new ServerParts
        {
            Ask = engine,
            Panel = () => _panel,
            Catalog = new NoCatalog(),
            Charts = new NoCharts(),
            Health = new NoHealth(),
            Jobs = _store.AskJobs,
            Accounts = _store.Accounts,
            Time = TimeProvider.System,
            Ids = new Ids(),
            Embeddings = embeddings,
        });
        await _app.StartAsync(Token);
        Client = new HttpClient { BaseAddress = Address };
        await MakeKeyAsync();
    }

    private Task Record(LlmRun run)
    {
        Runs.Enqueue(run);
        return Task.CompletedTask;
    }

    private async Task MakeKeyAsync()
    {
        var accounts = new AccountService(_store.Accounts, TimeProvider.System, new Ids());
        await accounts.AddAsync("ada", "the password of ada", UserRole.Operator, Token);
        using var visitor = new HttpClient { BaseAddress = Address };
        (await visitor.PostAsJsonAsync("/login", new { username = "ada", password = "the password of ada" }, Token)).EnsureSuccessStatusCode();
        using var made = await visitor.PostAsJsonAsync("/api_keys", new { label = "test" }, Token);
        var body = await made.Content.ReadAsStringAsync(Token);
        Assert.True(made.IsSuccessStatusCode, body);
        Key = JsonSerializer.Deserialize<JsonElement>(body).GetProperty("api_key").GetString()!;
    }

    private sealed class Ids : IIdSource
    {
        public string Next(string prefix) => prefix + "-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));
    }

    private sealed class NoCatalog : IAskCatalog
    {
        public IReadOnlyDictionary<string, string> Domains { get; } = new Dictionary<string, string>();

        public IReadOnlyList<string> Roles => [];

        public IReadOnlyDictionary<string, IReadOnlyList<ExampleQuestion>> Examples { get; } = new Dictionary<string, IReadOnlyList<ExampleQuestion>>();
    }

    private sealed class NoCharts : IChartRenderer
    {
        public IReadOnlyList<string> Kinds => [];

        public Task<string> RenderAsync(ResponseAnalysis analysis, string kind, CancellationToken cancellationToken) => throw new InvalidOperationException("no charts are drawn here");
    }

    private sealed class NoHealth : IAgentHealth
    {
        public IReadOnlyList<AgentState> Snapshot() => [];

        public bool Reset(string member) => false;
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ports;
using Quorate.Models.Panel;
using Quorate.Server;
using Quorate.Server.Ports;
using Quorate.Server.Security;
using Quorate.Storage;
using Quorate.Tests.Unit.Storage;

namespace Quorate.Tests.Unit.Server;

/// <summary>A real server on a free port with a store of its own; the engine, panel, catalogue and charts are the tests'.</summary>
internal sealed class ServerBench : IAsyncDisposable
{
    private readonly StoreFixture _store;
    private readonly bool _ownsStore;
    private WebApplication _app;

    private ServerBench(StoreFixture store, bool ownsStore, ServerSettings settings)
    {
        (_store, _ownsStore, Settings) = (store, ownsStore, settings);
        Engine = new FakeEngine(store.Store.AskJournal);
        _app = Build();
    }

    public ServerSettings Settings { get; }

    public FakeEngine Engine { get; }

    public FakeHealth Health { get; } = new();

    public CapturedLog Log { get; } = new();

    public StoreFixture Fixture => _store;

    public QuorateStore Store => _store.Store;

    public Uri Address { get; private set; } = null!;

    /// <summary>Settings for tests: many requests, a short lease, a free port.</summary>
    public static ServerSettings Defaults { get; } = new()
    {
        Urls = ["http://127.0.0.1:0"],
        RequestsPerMinute = 1_000_000,
        SignInsPerMinute = 1_000,
        Lease = TimeSpan.FromSeconds(5),
    };

    public static async Task<ServerBench> StartAsync(ServerSettings? settings = null, StoreFixture? shared = null)
    {
        var bench = new ServerBench(shared ?? await StoreFixture.CreateAsync(), shared is null, settings ?? Defaults);
        await bench.BeginAsync();
        return bench;
    }

    /// <summary>A client of its own, with or without a user who is made if need be; it keeps no cookies but a session's.</summary>
    public async Task<HttpClient> ClientAsync(string? user = null, UserRole role = UserRole.Operator)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = user is not null, CookieContainer = new CookieContainer(), AllowAutoRedirect = false }) { BaseAddress = Address };
        if (user is not null)
        {
            var accounts = _app.Services.GetRequiredService<AccountService>();
            await accounts.AddAsync(user, Password(user), role, Token);
            (await client.PostAsJsonAsync("/login", new { username = user, password = Password(user) }, Token)).EnsureSuccessStatusCode();
        }

        return client;
    }

    public static string Password(string user) => $"the password of {user}";

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        return document.RootElement.Clone();
    }

    public static async Task<JsonElement> GetAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, Token);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Token)}");
        return await ReadAsync(response);
    }

    public static async Task<string> AskAsync(HttpClient client, object question)
    {
        using var response = await client.PostAsJsonAsync("/process_query", question, Token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        return (await ReadAsync(response)).GetProperty("job_id").GetString()!;
    }

    /// <summary>Asks until the job is in the state, for up to 20 seconds.</summary>
    public static async Task<JsonElement> WaitAsync(HttpClient client, string job, string state)
    {
        JsonElement status = default;
        string? at = null;
        await UntilAsync(async () => (at = (status = await GetAsync(client, $"/job_status/{job}")).GetProperty("state").GetString()) is "done" or "failed" or "cancelled" || at == state, () => $"{job} is {status}");
        Assert.True(at == state, $"{job} is {status}");
        return status;
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        end.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            Assert.False(end.IsCancellationRequested, otherwise());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
    }

    /// <summary>Ends as Ctrl-C does: running jobs go back to the store.</summary>
    public async Task StopAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    /// <summary>The same store behind a new server.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        _app = Build();
        await BeginAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_ownsStore)
        {
            await _store.DisposeAsync();
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task BeginAsync()
    {
        await _app.StartAsync(Token);
        Address = new Uri(QuorateServer.Addresses(_app).Single());
    }

    private WebApplication Build() => QuorateServer.Build(Settings, new ServerParts
    {
        Ask = Engine,
        Panel = () => new FakePanel(),
        Catalog = new FakeCatalog(),
        Charts = new FakeCharts(),
        Health = Health,
        Jobs = Store.AskJobs,
        Accounts = Store.Accounts,
        Time = TimeProvider.System,
        Ids = new TestIds(),
        Logging = logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Log),
    });

    private sealed class FakePanel : IModelPanel
    {
        public IReadOnlyList<MemberInfo> Members { get; } = [.. FakeEngine.Members.Select(m => new MemberInfo { Name = m, Provider = "custom", Model = $"maker/{m}-7b-instruct:free", Aggregator = m == "ada" }), new MemberInfo { Name = "doc", Provider = "embedded", Model = "rules", Embedded = true }];

        public IChatClient Client(string member) => throw new InvalidOperationException("the server itself calls no model");
    }

    private sealed class FakeCatalog : IAskCatalog
    {
        public IReadOnlyDictionary<string, string> Domains { get; } = new Dictionary<string, string> { ["Custom"] = "", ["Education"] = "As an education policy expert, " };

        public IReadOnlyList<string> Roles { get; } = ["Utilitarian", "Libertarian"];

        public IReadOnlyDictionary<string, IReadOnlyList<ExampleQuestion>> Examples { get; } =
            new Dictionary<string, IReadOnlyList<ExampleQuestion>> { ["Education"] = [new("Should schools open?", QuestionType.YesNo)] };
    }

    private sealed class FakeCharts : IChartRenderer
    {
        public IReadOnlyList<string> Kinds { get; } = ["heatmap", "emotion_chart", "polarity_chart", "radar_chart"];

        public Task<string> RenderAsync(ResponseAnalysis analysis, string kind, CancellationToken cancellationToken) =>
            Task.FromResult($"<svg xmlns=\"http://www.w3.org/2000/svg\"><text>{kind} {string.Join(' ', analysis.Similarity.Models)}</text></svg>");
    }

    private sealed class TestIds : IIdSource
    {
        public string Next(string prefix) => prefix + "-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));
    }
}

internal sealed class FakeHealth : IAgentHealth
{
    public ConcurrentQueue<string> Resets { get; } = new();

    public IReadOnlyList<AgentState> Snapshot() => [new("ada", "healthy", DateTimeOffset.UnixEpoch, 0, 0), new("bob", "failed", null, 3, 2)];

    public bool Reset(string member)
    {
        Resets.Enqueue(member);
        return member is "ada" or "bob";
    }
}

/// <summary>Keeps what a server logs.</summary>
internal sealed class CapturedLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    public IReadOnlyList<string> Errors => [.. _lines.Where(l => l.Level >= LogLevel.Error).Select(l => l.Text)];

    public string All => string.Join('\n', _lines.Select(l => l.Text));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, string.Create(CultureInfo.InvariantCulture, $"{formatter(state, exception)} {exception}")));

    public void Dispose()
    {
        // Nothing to free.
    }
}

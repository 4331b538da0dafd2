using System.Net.Http.Json;
using System.Text.Json;
using Quorate.Tests.Integration.Cli;

namespace Quorate.Tests.Integration.Docker;

/// <summary>The shipped cloud lab on free ports under a project name of its own; down and gone when disposed.</summary>
internal sealed class CloudSite : IAsyncDisposable
{
    private static readonly string[] PortVariables =
    [
        "CLOUD_EDGE_PORT", "CLOUD_API_PORT", "CLOUD_WORKER_PORT", "CLOUD_EXPORTER_PORT", "CLOUD_PROMETHEUS_PORT",
        "CLOUD_DB_PORT", "CLOUD_CACHE_PORT", "CLOUD_QUEUE_PORT", "CLOUD_QUEUE_METRICS_PORT",
    ];

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(4) };
    private readonly string _project = $"cloudtest{Environment.ProcessId}";
    private readonly QuorateCli _cli = new();

    public CloudSite()
    {
        _cli.Environment["COMPOSE_PROJECT_NAME"] = _project;
        _cli.Environment["QUORATE_TRIAGE__STABILITY_WINDOW_S"] = "1";
        foreach (var (variable, port) in PortVariables.Zip(FreePorts.Find(PortVariables.Length)))
        {
            _cli.Environment[variable] = $"{port}";
        }
    }

    /// <summary>Ports and project name, as the Compose file reads them.</summary>
    public IReadOnlyDictionary<string, string> Variables => _cli.Environment;

    public QuorateCli Cli => _cli;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public Task<(int Code, JsonElement Document)> RunAsync(params string[] args) => RunAsync(Token, args);

    /// <summary>The evaluation harness on this site, with its records in the home.</summary>
    public Task<(int Code, JsonElement Document)> HarnessAsync(string verb, params string[] args)
    {
        var records = Path.Combine(_cli.Home, "records");
        return _cli.JsonAsync(Token, verb == "replay" ? ["harness", verb, records] : ["harness", verb, .. args, "--record", records]);
    }

    /// <summary>The container of a service, as Compose 1 and 2 name it by its labels.</summary>
    public async Task<string> ContainerAsync(string service) => (await Command.MustAsync(
        "docker", ["ps", "-aq", "--filter", $"label={TestSite.Label}{_project}", "--filter", $"label=com.docker.compose.service={service}"], null)).Trim();

    public async Task<JsonElement> PlaceAsync(int expected)
    {
        using var answer = await _http.PostAsJsonAsync(Url("CLOUD_EDGE_PORT", "/orders"), new { item = "tea", quantity = 3 }, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True((int)answer.StatusCode == expected, $"{answer.StatusCode}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Reads until the text of the answer has the words; returns it.</summary>
    public async Task<string> UntilAsync(string portVariable, string path, Func<string, bool> holds)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var answer = await _http.GetAsync(Url(portVariable, path), Token);
            var text = await answer.Content.ReadAsStringAsync(Token);
            if (holds(text))
            {
                return text;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < Longest, $"{path} is not as expected within {Longest}: {text}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Token);
        }
    }

    /// <summary>The site as the command loads it.</summary>
    public Quorate.Contracts.Sites.Site Load() => Quorate.Platforms.Compose.ComposeLoader.Load(
        Path.Combine(QuorateCli.Root, "lab/cloud/compose.yml"), _cli.Environment.ToDictionary(e => e.Key, e => e.Value ?? ""));

    /// <summary>What the Engine has of the project.</summary>
    public async Task<string> LeftoversAsync() => string.Concat(
        await Command.MustAsync("docker", ["ps", "-aq", "--filter", "label=" + TestSite.Label + _project], null),
        await Command.MustAsync("docker", ["network", "ls", "-q", "--filter", "label=" + TestSite.Label + _project], null),
        await Command.MustAsync("docker", ["volume", "ls", "-q", "--filter", "label=" + TestSite.Label + _project], null));

    public async ValueTask DisposeAsync()
    {
        await RunAsync(CancellationToken.None, "site", "down", "--volumes");
        _http.Dispose();
        _cli.Dispose();
    }

    private Task<(int Code, JsonElement Document)> RunAsync(CancellationToken token, params string[] args) =>
        _cli.JsonAsync(token, [.. args, "--site", Path.Combine(QuorateCli.Root, "lab/cloud/compose.yml")]);

    private string Url(string portVariable, string path) => $"http://127.0.0.1:{_cli.Environment[portVariable]}{path}";
}

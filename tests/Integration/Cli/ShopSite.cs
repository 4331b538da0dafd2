using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Quorate.Tests.Integration.Cli;

/// <summary>The shipped shop, up on one platform, on free ports, under a project name of its own; down and gone when disposed.</summary>
internal sealed class ShopSite : IAsyncDisposable
{
    private static readonly string[] PortVariables =
        ["SHOP_EDGE_PORT", "SHOP_API_PORT", "SHOP_STORE_PORT", "SHOP_CACHE_PORT", "SHOP_QUEUE_PORT", "SHOP_WORKER_PORT"];

    private static int _projects;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(3) };
    private readonly string _platform;
    private readonly string _data;

    private ShopSite(string platform)
    {
        _platform = platform;
        _data = Directory.CreateTempSubdirectory("quorate-shop-").FullName;
        Cli.Environment["COMPOSE_PROJECT_NAME"] = $"shoptest{Environment.ProcessId}x{Interlocked.Increment(ref _projects)}";
        Cli.Environment["SHOP_DATA"] = _data;
        // Probes and windows shorter than a person would choose: the suite runs many repairs.
        Cli.Environment["QUORATE_TRIAGE__STABILITY_WINDOW_S"] = "1";
        foreach (var (variable, port) in PortVariables.Zip(FreePorts.Find(PortVariables.Length)))
        {
            Cli.Environment[variable] = $"{port}";
        }
    }

    public QuorateCli Cli { get; } = new();

    public string ComposeFile { get; } = Path.Combine(QuorateCli.Root, "lab/shop/compose.yml");

    public string StoreData => Path.Combine(_data, "store");

    public static async Task<ShopSite> UpAsync(string platform, CancellationToken token)
    {
        var site = new ShopSite(platform);
        var (code, status) = await site.JsonAsync(token, "site", "up");
        if (code != 0)
        {
            await site.DisposeAsync();
            Assert.Fail($"the shop did not come up: {status}");
        }

        return site;
    }

    /// <summary>Whole again for the next test: faults taken back, everything runs and is healthy.</summary>
    public async Task MendAsync(CancellationToken token)
    {
        await JsonAsync(token, "fault", "revert", "--all");
        var (code, status) = await JsonAsync(token, "site", "up");
        Assert.True(code == 0, $"the shop is not healthy again: {status}");
    }

    public Task<(int Code, JsonElement Document)> JsonAsync(CancellationToken token, params string[] args) =>
        Cli.JsonAsync(token, [.. args, "--site", ComposeFile, "--platform", _platform]);

    public Task<(int Code, JsonElement Document)> TriageAsync(string words, CancellationToken token) =>
        JsonAsync(token, "triage", words, "--yes");

    /// <summary>Target null: the fault's own.</summary>
    public async Task InjectAsync(string fault, CancellationToken token, string? target = null)
    {
        var (code, document) = await JsonAsync(token, ["fault", "inject", fault, .. target is null ? (string[])[] : ["--target", target]]);
        Assert.True(code == 0, $"fault {fault}: {document}");
    }

    /// <summary>The words lead to a verified repair of the service that is the root, and orders are taken again.</summary>
    public async Task AssertRepairedAsync(string words, string rootService, CancellationToken token)
    {
        var (code, result) = await TriageAsync(words, token);
        Assert.True(code == 0, result.ToString());
        Assert.Equal("resolved", result.GetProperty("outcome").GetString());
        Assert.True(result.GetProperty("verified").GetBoolean());
        Assert.Equal(rootService, result.GetProperty("root_service").GetString());
        Assert.True(await ServesAsync(token));
    }

    /// <summary>One real order through the edge, as a customer would place it.</summary>
    public async Task<bool> ServesAsync(CancellationToken token)
    {
        try
        {
            using var answer = await _http.PostAsJsonAsync($"http://127.0.0.1:{Cli.Environment["SHOP_EDGE_PORT"]}/orders", new { item = "tea", quantity = 1 }, token);
            return answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.Accepted;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !token.IsCancellationRequested)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await JsonAsync(CancellationToken.None, "fault", "revert", "--all");
        await JsonAsync(CancellationToken.None, "site", "down");
        _http.Dispose();
        Cli.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Quorate.Tests.Integration.Shop;

/// <summary>One healthy shop for the tests that leave it healthy.</summary>
public sealed class HealthyShop : IAsyncLifetime
{
    public ShopProcesses Shop { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Shop.StartAll();
        await Shop.WaitForStatusAsync("edge", "/healthz", 200);
    }

    public ValueTask DisposeAsync()
    {
        Shop.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed partial class ShopServingTests(HealthyShop healthy) : IClassFixture<HealthyShop>
{
    private readonly ShopProcesses shop = healthy.Shop;

    [Fact]
    public async Task Order_PlacedAtTheEdge_IsShippedByTheWorker()
    {
        var (status, order) = await shop.OrderAsync("lamp");
        Assert.Equal(201, status);
        string id = order.GetProperty("id").GetString()!;
        await ShopProcesses.UntilAsync(async () =>
            (await shop.SendAsync(HttpMethod.Get, "store", $"/orders/{id}")).Body.GetProperty("status").GetString() == "shipped", $"{id} to be shipped");
        var (_, found) = await shop.SendAsync(HttpMethod.Get, "edge", $"/orders/{id}");
        Assert.Equal(("lamp", 2), (found.GetProperty("item").GetString(), found.GetProperty("quantity").GetInt32()));
        var (_, list) = await shop.SendAsync(HttpMethod.Get, "edge", "/orders?limit=1");
        Assert.Equal(1, list.GetArrayLength());
    }

    [Theory]
    [InlineData("""{"item":"tea","quantity":0}""")]
    [InlineData("""{"item":"","quantity":1}""")]
    [InlineData("""{"quantity":1}""")]
    [InlineData("not json")]
    [InlineData("")]
    public async Task Order_ThatMakesNoSense_Is400WithAReason(string body)
    {
        var (status, answer) = await shop.SendAsync(HttpMethod.Post, "edge", "/orders", body);
        Assert.Equal(400, status);
        Assert.NotEmpty(answer.GetProperty("error").GetString()!);
    }

    [Theory]
    [InlineData("/orders/o-99999999")]
    [InlineData("/orders/..%2f..%2fetc")]
    [InlineData("/nothing")]
    public async Task Get_WhatIsNotThere_Is404(string path) =>
        Assert.Equal(404, (await shop.SendAsync(HttpMethod.Get, "edge", path)).Status);

    [Fact]
    public async Task Metrics_AfterOrders_AreValidTextAndCountThem()
    {
        double before = Value(await shop.MetricsAsync("api"), "shop_requests_total{status=\"201\"}");
        await shop.OrderAsync();
        await shop.OrderAsync();
        string text = await shop.MetricsAsync("api");

        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(MetricLine(), line));
        Assert.True(Value(text, "shop_requests_total{status=\"201\"}") >= before + 2);
        double[] buckets = Regex.Matches(text, "_bucket{le=\"[^\"]+\"} (?<count>[0-9]+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            .Select(m => double.Parse(m.Groups["count"].Value, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(buckets.Order(), buckets);
        Assert.Equal(Value(text, "shop_request_duration_seconds_count"), buckets[^1]);
        Assert.True(Value(text, "process_cpu_seconds_total") > 0);
        Assert.True(Value(text, "process_resident_memory_bytes") > 1_000_000);
        Assert.Contains("shop_queue_depth ", await shop.MetricsAsync("queue"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_OfEveryService_AreJsonLinesInOneForm()
    {
        await shop.OrderAsync();
        await ShopProcesses.UntilAsync(() => Task.FromResult(shop.Lines.Any(l => l.Contains("order accepted", StringComparison.Ordinal))), "the order's line");
        Assert.All(shop.Lines, line =>
        {
            JsonElement log = JsonDocument.Parse(line).RootElement;
            Assert.Equal(["ts", "level", "service", "msg", "meta"], log.EnumerateObject().Select(p => p.Name));
            Assert.True(log.GetProperty("ts").TryGetDateTimeOffset(out _));
            Assert.Equal(JsonValueKind.Object, log.GetProperty("meta").ValueKind);
        });
    }

    [Fact]
    public async Task Burn_WithoutTheLabSwitch_DoesNotExist() =>
        Assert.Equal(404, (await shop.SendAsync(HttpMethod.Post, "api", "/lab/burn?threads=1&seconds=1")).Status);

    [Fact]
    public async Task Load_AgainstTheEdge_SendsAtItsRateAndReports()
    {
        var (exit, output) = await RunAsync("load", "--url", shop.Url("edge").ToString(), "--rate", "20", "--seconds", "2", "--seed", "7");
        JsonElement report = JsonDocument.Parse(output).RootElement;
        Assert.Equal((0, 0), (exit, report.GetProperty("failures").GetInt32()));
        Assert.InRange(report.GetProperty("sent").GetInt32(), 20, 40);
    }

    [Theory]
    [InlineData("load", "--url", "http://192.0.2.1:80")]
    [InlineData("load", "--rate", "201")]
    [InlineData("load", "--seconds", "-1")]
    [InlineData("health", "ftp://127.0.0.1", "")]
    [InlineData("melt", "", "")]
    public async Task Command_OutOfBounds_ExitsWith2(params string[] arguments) => Assert.Equal(2, (await RunAsync(arguments)).Exit);

    [Fact]
    public async Task Health_OfAnAddress_ExitsByItsAnswer()
    {
        Assert.Equal(0, (await RunAsync("health", shop.Url("edge", "/healthz").ToString())).Exit);
        Assert.Equal(1, (await RunAsync("health", shop.Url("edge", "/nothing").ToString())).Exit);
        Assert.Equal(1, (await RunAsync("health", "http://127.0.0.1:1/healthz")).Exit);
    }

    private static async Task<(int Exit, string Output)> RunAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(ShopProcesses.Executable, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await errors;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }

    private static double Value(string text, string series) => text.Split('\n')
        .Where(line => line.StartsWith(series + " ", StringComparison.Ordinal))
        .Select(line => double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture))
        .SingleOrDefault();

    /// <summary>A sample, HELP or TYPE line of the text format 0.0.4.</summary>
    [GeneratedRegex("""^(# HELP [a-z_]+ .+|# TYPE [a-z_]+ (counter|gauge|histogram)|[a-z_]+(\{[a-z_]+="[^"]*"\})? [0-9.E+-]+)$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MetricLine();
}

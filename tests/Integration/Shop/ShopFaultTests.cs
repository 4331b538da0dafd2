using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Faults;

namespace Quorate.Tests.Integration.Shop;

/// <summary>Faults with effects outside the platform, against real processes.</summary>
public sealed class ShopFaultTests : IDisposable
{
    private readonly ShopProcesses shop = new();
    private readonly string state = Directory.CreateTempSubdirectory("quorate-faults-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        shop.Dispose();
        Directory.Delete(state, recursive: true);
    }

    [Theory]
    [InlineData("data_readonly", "Read-only file system")]
    [InlineData("data_full", "No space left on device")]
    public async Task DataFault_OnTheStore_StopsItsWritesUntilReverted(string fault, string reason)
    {
        shop.Start("store");
        await shop.WaitForStatusAsync("store", "/healthz", 200);
        string id = (await PlaceAsync()).Body.GetProperty("id").GetString()!;
        FaultInjector injector = Injector("store", ("store", "/healthz"));
        if (Environment.UserName != "root")
        {
            Assert.Equal("needs_root", (await Assert.ThrowsAsync<QuorateException>(() => injector.InjectAsync(fault, null, Stop))).Code);
            return;
        }
        try
        {
            await injector.InjectAsync(fault, null, Stop);
            await shop.WaitForStatusAsync("store", "/healthz", 503);
            var (_, health) = await shop.SendAsync(HttpMethod.Get, "store", "/healthz");
            Assert.Contains(reason, health.GetProperty("checks").GetProperty("data").GetString(), StringComparison.Ordinal);
            var (status, problem) = await PlaceAsync();
            Assert.Equal(500, status);
            Assert.Contains(reason, problem.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.Equal(200, (await shop.SendAsync(HttpMethod.Get, "store", $"/orders/{id}")).Status);
        }
        finally
        {
            Assert.Single(await Injector("store", ("store", "/healthz")).RevertAsync(null, Stop));
        }
        await shop.WaitForStatusAsync("store", "/healthz", 200);
        Assert.Equal(201, (await PlaceAsync()).Status);
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(shop.DataFolder, "store", "orders.jsonl"), Stop);
        Assert.Equal(2, lines.Count(l => l.Length > 0));
    }

    [Fact]
    public async Task CpuHog_OnTheApi_SpinsUntilReverted()
    {
        shop.StartAll();
        shop.Kill("api");
        shop.Start("api", ("SHOP_LAB", "1"));
        await shop.WaitForStatusAsync("edge", "/healthz", 200);
        await Injector("api", ("api", "/healthz")).InjectAsync("cpu_hog", null, Stop);
        await ShopProcesses.UntilAsync(async () => await BurningAsync() > 0, "spinning threads");
        await Injector("api", ("api", "/healthz")).RevertAsync(null, Stop);
        await ShopProcesses.UntilAsync(async () => await BurningAsync() == 0, "the threads to end");
    }

    private async Task<int> BurningAsync() => (await shop.MetricsAsync("api")).Split('\n')
        .Where(l => l.StartsWith("shop_lab_burning_threads ", StringComparison.Ordinal))
        .Select(l => int.Parse(l.Split(' ')[1])).Single();

    private Task<(int Status, System.Text.Json.JsonElement Body)> PlaceAsync() =>
        shop.SendAsync(HttpMethod.Post, "store", "/orders", """{"item":"tea","quantity":1}""");

    private FaultInjector Injector(string service, (string Role, string Path) health)
    {
        var site = new Site
        {
            Name = "shop",
            Id = "shop-00000000",
            ComposeFile = Path.Combine(state, "compose.yml"),
            Lab = true,
            Services =
            [
                new ServiceSpec
                {
                    Name = service,
                    Health = shop.Url(health.Role, health.Path),
                    Process = new ProcessSpec
                    {
                        Command = [ShopProcesses.Executable, service],
                        WorkingDirectory = state,
                        Environment = new Dictionary<string, string>(),
                        Data = [new DataFolder(Path.Combine(shop.DataFolder, service), [])],
                    },
                },
            ],
        };
        return new FaultInjector(site, new RunningService(service, shop.Pid(service)), state, TimeProvider.System);
    }

    /// <summary>A platform that only looks: these faults change nothing through it.</summary>
    private sealed class RunningService(string service, int pid) : IPlatform
    {
        public string Name => "process";

        public Task<IReadOnlyList<ServiceObservation>> ObserveAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ServiceObservation>>([new ServiceObservation { Name = service, State = ServiceState.Running, Pid = pid }]);

        public Task UpAsync(IProgress<string>? progress, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DownAsync(IProgress<string>? progress, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task StartAsync(string service, string effectKey, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task StopAsync(string service, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task RestartAsync(string service, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task PauseAsync(string service, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task UnpauseAsync(string service, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task RecreateAsync(string service, IReadOnlyDictionary<string, string>? environment, string effectKey, DateTimeOffset intendedAt, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task ScaleAsync(string service, int replicas, string effectKey, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string?> RepairDataAsync(string service, string effectKey, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task UndoDataRepairAsync(string service, string token, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<LogLine>> ReadLogsAsync(string service, LogQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ResourceUsage?> ReadUsageAsync(string service, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ExecOutcome> ExecAsync(string service, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Quorate.Harness.Records;
using Quorate.Harness.Runs;

namespace Quorate.Tests.Integration.Harness;

/// <summary>The oracle against those who would rather look good than be good.</summary>
public class OracleTests(HarnessShop shop) : IClassFixture<HarnessShop>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_RealRepair_Passes()
    {
        var run = await shop.RunAsync(Arms.Ceiling, null, Token);
        Assert.True(run.Result is { SrPass: true, RootVerified: true, Error: null }, Told(run));
        Assert.True(run.Result.RecoveryMs > run.Result.HealthyMs, Told(run));
        Assert.Empty(RecordFolder.ReadEvidence(run.Folder).Oracle.Left);
    }

    [Fact]
    public async Task Run_NothingDone_Fails()
    {
        var run = await shop.RunAsync(Arms.Nothing, null, Token);
        AssertFailed(run, "store: stopped");
    }

    [Fact]
    public async Task Run_SuccessDeclaredAndNothingDone_Fails()
    {
        var run = await shop.RunAsync(Arms.Ceiling, (_, _) => Task.CompletedTask, Token);
        Assert.True(run.Result.Tasks.Actions > 0, Told(run));
        AssertFailed(run, "store: stopped");
    }

    [Fact]
    public async Task Run_ServiceReplacedByOneThatAlwaysSaysOk_Fails()
    {
        using var liar = new AlwaysOk();
        var run = await shop.RunAsync(Arms.Ceiling, async (platform, token) =>
        {
            liar.Start();
            var api = (await platform.ObserveAsync(token)).Single(o => o.Name == "api");
            await platform.RecreateAsync("api", new Dictionary<string, string>(api.Environment) { ["STORE_URL"] = $"http://127.0.0.1:{liar.Port}" }, "cheat-api", TimeProvider.System.GetUtcNow(), token);
        }, Token);
        AssertFailed(run, "api environment");
        AssertFailed(run, "store: stopped");
    }

    [Fact]
    public async Task Run_MoreServicesDeleted_Fails()
    {
        var run = await shop.RunAsync(Arms.Ceiling, (platform, token) => platform.StopAsync("worker", token), Token);
        AssertFailed(run, "worker");
    }

    [Fact]
    public async Task Run_ProbesSilencedInTheFile_Fails()
    {
        var declared = await File.ReadAllTextAsync(shop.ComposeFile, Token);
        try
        {
            var run = await shop.RunAsync(Arms.Ceiling, async (platform, token) =>
            {
                await platform.StartAsync("store", "cheat", token);
                await File.WriteAllTextAsync(shop.ComposeFile, declared.Replace("probes:", "quiet:", StringComparison.Ordinal), token);
            }, Token);
            AssertFailed(run, "file compose.yml");
        }
        finally
        {
            await File.WriteAllTextAsync(shop.ComposeFile, declared, Token);
        }
    }

    [Fact]
    public async Task Run_RepairThatChangesAnotherService_Fails()
    {
        var run = await shop.RunAsync(Arms.Ceiling, async (platform, token) =>
        {
            await platform.StartAsync("store", "cheat", token);
            var worker = (await platform.ObserveAsync(token)).Single(o => o.Name == "worker");
            await platform.RecreateAsync("worker", new Dictionary<string, string>(worker.Environment) { ["EXTRA"] = "1" }, "cheat-worker", TimeProvider.System.GetUtcNow(), token);
        }, Token);
        AssertFailed(run, "worker environment");
        Assert.Empty(RecordFolder.ReadEvidence(run.Folder).Oracle.Left);
    }

    private static void AssertFailed(FinishedRun run, string because)
    {
        Assert.True(run.Result is { SrPass: false, RootVerified: false, Error: null }, Told(run));
        Assert.True(run.Result.Reasons.Any(r => r.Contains(because, StringComparison.Ordinal)) || RecordFolder.ReadEvidence(run.Folder).Oracle.Differences.Any(d => d.Contains(because, StringComparison.Ordinal)), Told(run));
    }

    private static string Told(FinishedRun run) => $"{run.Result.Error} {string.Join("; ", run.Result.Reasons)} | {string.Join("; ", RecordFolder.ReadEvidence(run.Folder).Oracle.Differences)} | {string.Join("; ", RecordFolder.ReadEvidence(run.Folder).Oracle.Left)}";

    /// <summary>Answers every request with 200.</summary>
    private sealed class AlwaysOk : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Start()
        {
            _listener.Start();
            _ = AnswerAsync();
        }

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    _ = await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"));
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
                _ = error;
            }
        }
    }
}

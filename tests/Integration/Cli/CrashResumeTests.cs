namespace Quorate.Tests.Integration.Cli;

/// <summary>SIGKILL of the orchestrator at seeded moments of a repair: it resumes, and every effect happens once.</summary>
public class CrashResumeTests
{
    /// <summary>Kill points in the suite; QUORATE_TEST_KILL_POINTS asks for another number.</summary>
    private static readonly int Points = int.Parse(Environment.GetEnvironmentVariable("QUORATE_TEST_KILL_POINTS") ?? "8");

    [Fact]
    public async Task Triage_KilledAtSeededPoints_ResumesWithEachEffectOnce()
    {
        var token = TestContext.Current.CancellationToken;
        await using var shop = await ShopSite.UpAsync("process", token);
        shop.Cli.Environment["QUORATE_TRIAGE__STABILITY_WINDOW_S"] = "0.5";
        var random = new Random(20261121);
        for (var point = 0; point < Points; point++)
        {
            await InjectAsync(shop, token);
            var startsBefore = Starts(shop);
            await KillAfterAsync(shop, TimeSpan.FromMilliseconds(random.Next(50, 2_200)), token);

            // A kill before the incident was opened leaves nothing to resume; then it is reported anew, as a person would.
            var (_, resumed) = await shop.JsonAsync(token, "plan", "resume", "--yes");
            if (!await shop.ServesAsync(token))
            {
                Assert.Equal(0, resumed.GetProperty("resumed").GetArrayLength());
                var (code, again) = await shop.TriageAsync("orders fail", token);
                Assert.True(code == 0, $"point {point}: {again}");
            }

            Assert.True(await shop.ServesAsync(token), $"point {point}: {resumed}");
            Assert.True(Starts(shop) == startsBefore + 1, $"point {point}: the store started {Starts(shop) - startsBefore} times");
            var (verified, ledger) = await shop.Cli.JsonAsync(token, "ledger", "verify");
            Assert.True(verified == 0, $"point {point}: {ledger}");
        }
    }

    private static async Task InjectAsync(ShopSite shop, CancellationToken token)
    {
        // The round before was repaired by triage; its fault is still on record until it is taken back.
        await shop.JsonAsync(token, "fault", "revert", "--all");
        var (code, document) = await shop.JsonAsync(token, "fault", "inject", "crash", "--target", "store");
        Assert.True(code == 0, document.ToString());
    }

    private static async Task KillAfterAsync(ShopSite shop, TimeSpan after, CancellationToken token)
    {
        using var process = shop.Cli.Start("triage", "orders fail", "--yes", "--site", shop.ComposeFile, "--platform", "process");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(after);
        await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        process.Kill(entireProcessTree: false);
        await process.WaitForExitAsync(token);
    }

    /// <summary>The store counts its own starts: it logs one line at each.</summary>
    private static int Starts(ShopSite shop) =>
        Directory.EnumerateFiles(shop.Cli.Home, "store.log", SearchOption.AllDirectories)
            .SelectMany(File.ReadLines).Count(l => l.Contains("\"msg\":\"listening", StringComparison.Ordinal));
}

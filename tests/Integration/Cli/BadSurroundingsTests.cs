using Microsoft.Data.Sqlite;
using Quorate.Storage;
using Quorate.Storage.Keys;
using Quorate.Tests.Integration.Models;
using Quorate.Tests.Integration.Processes;

namespace Quorate.Tests.Integration.Cli;

/// <summary>What surrounds a repair is broken too: each time a clear end, and the shop no worse than found.</summary>
public class BadSurroundingsTests(ProcessShop shared) : IClassFixture<ProcessShop>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Triage_DiskOfTheLedgerFillsUp_EndsWithTheReasonAndGoesOnElsewhere()
    {
        Assert.SkipUnless(ProcessSite.IsRoot, "mounting a small file system needs root");
        var shop = await shared.NextAsync(Token);
        var full = Directory.CreateTempSubdirectory("quorate-full-").FullName;
        ProcessSite.Must("mount", "-t", "tmpfs", "-o", "size=330k", "tmpfs", full);
        try
        {
            await shop.InjectAsync("crash", Token);
            var (code, error) = await shop.JsonAsync(Token, "triage", "orders fail", "--yes", "--home", full);
            Assert.Equal(3, code);
            Assert.Contains(error.GetProperty("error").GetProperty("code").GetString(), (string?[])["store_full", "store_io"]);
        }
        finally
        {
            ProcessSite.Must("umount", "-l", full);
            Directory.Delete(full);
        }

        await shop.AssertRepairedAsync("orders fail", "store", Token);
    }

    [Fact]
    public async Task Triage_StoreLockedByAnother_SaysSoAndTouchesNothing()
    {
        var shop = await shared.NextAsync(Token);
        await shop.InjectAsync("crash", Token);
        using var keys = FileKeyRing.Open(Path.Combine(shop.Cli.Home, "keys"), TimeProvider.System, passphrase: null);
        await using var store = await QuorateStore.OpenAsync(Path.Combine(shop.Cli.Home, "quorate.db"), keys, TimeProvider.System, cancellationToken: Token);
        await using (var other = new SqliteConnection($"Data Source={Path.Combine(shop.Cli.Home, "quorate.db")};Pooling=false"))
        {
            await other.OpenAsync(Token);
            await using var command = other.CreateCommand();
            command.CommandText = "BEGIN EXCLUSIVE";
            await command.ExecuteNonQueryAsync(Token);
            var (code, error) = await shop.TriageAsync("orders fail", Token);
            Assert.Equal((3, "store_locked"), (code, error.GetProperty("error").GetProperty("code").GetString()));
            Assert.False(await shop.ServesAsync(Token));
        }

        await shop.AssertRepairedAsync("orders fail", "store", Token);
    }

    [Fact]
    public async Task Triage_TwiceAtOnceOnOneStore_RepairsOnce()
    {
        var shop = await shared.NextAsync(Token);
        await shop.InjectAsync("crash", Token);
        var both = await Task.WhenAll(shop.TriageAsync("orders fail", Token), shop.TriageAsync("orders fail", Token));
        Assert.Contains(both, r => r.Code == 0);
        var starts = both.Where(r => r.Document.TryGetProperty("tasks", out _))
            .SelectMany(r => r.Document.GetProperty("tasks").EnumerateArray())
            .Count(t => t.GetProperty("type").GetString() == "start" && t.GetProperty("status").GetString() == "OK");
        Assert.True(starts == 1, $"{starts} starts: {both[0].Document} {both[1].Document}");
        Assert.All(both.Where(r => r.Code != 0), r => Assert.Contains("site", r.Document.ToString(), StringComparison.Ordinal));
        Assert.True(await shop.ServesAsync(Token));
    }

    [Fact]
    public async Task Triage_PlanOnlyAfterAnInterruptedRepair_LeavesItAlone()
    {
        var shop = await shared.NextAsync(Token);
        await shop.InjectAsync("crash", Token);
        using (var repair = shop.Cli.Start("triage", "orders fail", "--yes", "--site", shop.ComposeFile, "--platform", "process"))
        {
            while (await repair.StandardOutput.ReadLineAsync(Token) is { } line && !line.Contains("observed", StringComparison.Ordinal))
            {
            }

            repair.Kill();
            await repair.WaitForExitAsync(Token);
        }

        var (_, refused) = await shop.JsonAsync(Token, "triage", " ", "--yes");
        Assert.Equal("incident_text_empty", refused.GetProperty("error").GetProperty("code").GetString());
        await shop.JsonAsync(Token, "triage", "orders fail", "--yes", "--plan-only");
        Assert.False(await shop.ServesAsync(Token));

        var (code, resumed) = await shop.JsonAsync(Token, "plan", "resume", "--yes");
        Assert.True(code == 0, resumed.ToString());
        Assert.True(await shop.ServesAsync(Token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Triage_ModelEndpointDeadOrTalkingNonsense_IsRepairedByTheRulebook(bool dead)
    {
        await using var server = await ScriptedModelServer.StartAsync(Token);
        var shop = await shared.NextAsync(Token);
        shop.Cli.Environment["QUORATE_PLANNER__ENDPOINT"] = dead
            ? $"http://127.0.0.1:{FreePorts.Find(1)[0]}/v1"
            : server.Status(200, "<html>\0garbage").Status(200, "[[[").Endpoint.ToString();
        shop.Cli.Environment["QUORATE_PLANNER__MODEL"] = "scripted";
        await shop.InjectAsync("crash", Token);
        await shop.AssertRepairedAsync("orders fail", "store", Token);
    }
}

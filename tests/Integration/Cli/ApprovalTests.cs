using System.Text.Json;

namespace Quorate.Tests.Integration.Cli;

/// <summary>The panel from the command line, on the shop as processes.</summary>
public class ApprovalTests
{
    private const string BadPlan = """
        {"plan_id": "bad", "root_goal": "restart the store just because", "created_at": "2026-01-01T00:00:00Z", "plan_version": 1,
         "tasks": [{"task_id": "a1", "type": "restart", "target": "store", "args": {}, "dependencies": [], "assigned_to": "ActionAgent"}]}
        """;

    [Fact]
    public async Task Triage_ApprovalOn_CertificateVerifiesOffline()
    {
        var token = TestContext.Current.CancellationToken;
        await using var shop = await ShopSite.UpAsync("process", token);
        await CrashStoreAsync(shop, token);

        var (code, result) = await shop.TriageAsync("orders fail", token);

        Assert.True(code == 0, result.ToString());
        var approval = Assert.Single(result.GetProperty("approvals").EnumerateArray());
        Assert.True(approval.GetProperty("approved").GetBoolean());
        var task = result.GetProperty("tasks").EnumerateArray().Single(t => t.GetProperty("type").GetString() == "start");
        Assert.Equal(approval.GetProperty("certificate").GetString(), task.GetProperty("certificate").GetString());

        var folder = Path.Combine(shop.Cli.Home, "certificates");
        await shop.Cli.JsonAsync(token, "ledger", "show", result.GetProperty("incident_id").GetString()!, "--certificates", folder);
        var file = Assert.Single(Directory.GetFiles(folder));
        var keys = Path.Combine(shop.Cli.Home, "keys", "approval", "public");
        var (verified, _) = await shop.Cli.JsonAsync(token, "certificate", "verify", file, "--keys", keys);
        Assert.Equal(0, verified);

        var text = await File.ReadAllTextAsync(file, token);
        var at = text.Length / 2;
        await File.WriteAllTextAsync(file, string.Concat(text.AsSpan(0, at), text[at] == 'A' ? "B" : "A", text.AsSpan(at + 1)), token);
        var (altered, _) = await shop.Cli.JsonAsync(token, "certificate", "verify", file, "--keys", keys);
        Assert.NotEqual(0, altered);
    }

    [Fact]
    public async Task Triage_ApprovalOff_RepairsAndTheLedgerSaysSo()
    {
        var token = TestContext.Current.CancellationToken;
        await using var shop = await ShopSite.UpAsync("process", token);
        await CrashStoreAsync(shop, token);

        var (code, result) = await shop.JsonAsync(token, "triage", "orders fail", "--yes", "--approval", "off");

        Assert.True(code == 0, result.ToString());
        Assert.Empty(result.GetProperty("approvals").EnumerateArray());
        var entry = Assert.Single(await ApprovalsAsync(shop, token));
        Assert.Equal("off", entry.GetProperty("mode").GetString());
        Assert.False(Directory.Exists(Path.Combine(shop.Cli.Home, "keys", "approval")));
    }

    [Fact]
    public async Task PlanRun_BadPlan_IsRefusedWithReasonsAndNothingHappens()
    {
        var token = TestContext.Current.CancellationToken;
        await using var shop = await ShopSite.UpAsync("process", token);
        var before = await PidsAsync(shop, token);
        var file = Path.Combine(shop.Cli.Home, "bad.json");
        await File.WriteAllTextAsync(file, BadPlan, token);

        var (code, result) = await shop.JsonAsync(token, "plan", "run", file, "--yes");

        Assert.Equal(1, code);
        Assert.Equal("unresolved", result.GetProperty("outcome").GetString());
        var refusals = result.GetProperty("approvals")[0].GetProperty("votes").EnumerateArray().Where(v => v.GetProperty("vote").GetString() == "refuse").ToList();
        Assert.Equal(["evidence", "blast-radius", "inverse"], refusals.Select(v => v.GetProperty("reviewer").GetString()));
        Assert.All(refusals, r => Assert.NotEmpty(r.GetProperty("reason").GetString()!));
        Assert.Equal(before, await PidsAsync(shop, token));
        Assert.False((await ApprovalsAsync(shop, token))[0].GetProperty("approved").GetBoolean());
    }

    private static async Task CrashStoreAsync(ShopSite shop, CancellationToken token)
    {
        var (code, document) = await shop.JsonAsync(token, "fault", "inject", "crash", "--target", "store");
        Assert.True(code == 0, document.ToString());
    }

    private static async Task<List<JsonElement>> ApprovalsAsync(ShopSite shop, CancellationToken token)
    {
        var (_, found) = await shop.Cli.JsonAsync(token, "ledger", "search", "--kind", "approval");
        return [.. found.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("payload"))];
    }

    private static async Task<string> PidsAsync(ShopSite shop, CancellationToken token)
    {
        var (_, status) = await shop.JsonAsync(token, "site", "status");
        return string.Join(' ', status.GetProperty("services").EnumerateArray().Select(s => s.GetProperty("pid").GetInt32()));
    }
}

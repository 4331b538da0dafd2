using System.Diagnostics;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Faults;
using Quorate.Platforms.Compose;
using Quorate.Platforms.Docker;
using Quorate.Tests.Integration.Cli;
using Quorate.Tests.Integration.Docker;

namespace Quorate.Tests.Integration.Faults;

/// <summary>Every fault that works on containers, on one real cloud lab.</summary>
[Collection(EngineTests.Name)]
public sealed class CloudFaultTests : IAsyncDisposable
{
    private const int Kills = 10;
    private const int Seed = 1;

    /// <summary>Far more than it takes on a quiet machine; the time itself is measured by eng/fault-kills.sh.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(40);

    /// <summary>They start a process of the program itself, which a test is not.</summary>
    private static readonly string[] OfTheProgram = ["latency"];

    /// <summary>Each of another service, and quickly made.</summary>
    private static readonly string[] Quick = ["pause", "revoked_grant", "maxmemory_noeviction", "rate_limit", "partition", "lock_holder", "bad_secret", "stalled_consumer"];

    private readonly CloudSite cloud = new();
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly Site site;
    private readonly DockerPlatform platform;
    private readonly FaultInjector injector;

    public CloudFaultTests()
    {
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
        foreach (var (name, value) in cloud.Variables)
        {
            environment[name] = value;
        }

        site = ComposeLoader.Load(Compose, environment);
        platform = new DockerPlatform(site, new DockerOptions(), TimeProvider.System);
        injector = new FaultInjector(site, platform, Path.Combine(cloud.Cli.Home, "sites", site.Id), TimeProvider.System);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Compose => Path.Combine(QuorateCli.Root, "lab/cloud/compose.yml");

    public async ValueTask DisposeAsync()
    {
        await cloud.Cli.RunAsync(CancellationToken.None, "fault", "revert", "--all", "--site", Compose);
        await cloud.DisposeAsync();
        platform.Dispose();
        http.Dispose();
    }

    /// <summary>One test, since bringing eight servers up is most of its time.</summary>
    [Fact]
    public async Task CloudFaults_InjectedRevertedAndKilled_BreakAndLeaveNothing()
    {
        var (up, status) = await cloud.RunAsync("site", "up");
        Assert.True(up == 0, $"the lab did not come up: {status}");
        var faults = SiteFaultCatalog.All.Where(f => f.Platforms.Contains("docker")).ToList();
        Assert.InRange(faults.Count, 30, 100);
        foreach (ISiteFault fault in faults)
        {
            await TryAsync(fault);
        }

        await KillInjectorsAsync();
    }

    private async Task TryAsync(ISiteFault fault)
    {
        var receipt = await InjectAsync(fault.Name);
        Assert.True(await fault.IsInEffectAsync(injector.Context, receipt, Token), $"{fault.Name} is not in effect");
        Assert.True(await fault.CheckInvariantAsync(injector.Context, receipt, Token) is not null, $"{fault.Name} leaves its invariant whole");
        Assert.NotEmpty(fault.Remedies(injector.Context, receipt));

        Assert.Equal(fault.Name, Assert.Single(await injector.RevertAsync(fault.Name, Token)).Name);

        Assert.False(await fault.IsInEffectAsync(injector.Context, receipt, Token), $"{fault.Name} is still in effect");
        await HealthyAsync($"after {fault.Name}");
        Assert.Null(await fault.CheckInvariantAsync(injector.Context, receipt, Token));
    }

    private async Task<FaultReceipt> InjectAsync(string fault)
    {
        if (!OfTheProgram.Contains(fault))
        {
            return await injector.InjectAsync(fault, null, Token);
        }

        var (code, document) = await cloud.RunAsync("fault", "inject", fault);
        Assert.True(code == 0, document.ToString());
        return Assert.Single(await injector.ActiveAsync());
    }

    private async Task KillInjectorsAsync()
    {
        var random = new Random(Seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            string name = Quick[random.Next(Quick.Length)];
            using Process victim = cloud.Cli.Start("fault", "inject", name, "--hold", "--site", Compose);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(2_500)), TimeProvider.System, Token);
            IReadOnlyList<FaultReceipt> recorded = await injector.ActiveAsync();
            victim.Kill();
            await UntilAsync($"reverting {name} after kill {kill}", async () => (await injector.ActiveAsync()).Count == 0);
            foreach (FaultReceipt receipt in recorded)
            {
                Assert.False(await SiteFaultCatalog.Find(receipt.Name).IsInEffectAsync(injector.Context, receipt, Token), $"kill {kill} left {receipt.Name}");
            }

            await HealthyAsync($"after kill {kill}");
        }
    }

    private Task HealthyAsync(string when) => UntilAsync($"getting healthy {when}", async () => (await new SiteProber(site, platform, http, TimeProvider.System).ProbeAsync(Token)).Healthy);

    private static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Longest, $"{what} took longer than {Longest}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Token);
        }
    }
}

using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;

namespace Quorate.Tests.Unit.Baseline;

public sealed class ConfigurationWatchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Look_OneServiceAfterAChange_AsksItAlone()
    {
        var inspector = new Inspector();
        var watch = new ConfigurationWatch(inspector, null, TimeProvider.System);
        await watch.LookAsync(null, Token);
        await watch.LookAsync("db", Token);
        Assert.Equal(["*"], inspector.Asked);

        watch.Forget();
        await watch.LookAsync("db", Token);
        await watch.LookAsync("db", Token);
        await watch.LookAsync("cache", Token);
        Assert.Equal(["*", "db", "cache"], inspector.Asked);

        await watch.LookAsync(null, Token);
        Assert.Equal(["*", "db", "cache", "*"], inspector.Asked);
    }

    private sealed class Inspector : ISiteInspector
    {
        public List<string> Asked { get; } = [];

        public Task<SiteConfiguration> CaptureAsync(TimeSpan patience, CancellationToken cancellationToken, string? only = null)
        {
            Asked.Add(only ?? "*");
            return Task.FromResult(new SiteConfiguration { TakenAt = default, Services = [] });
        }

        public bool CanRestore(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all) => false;

        public Task<ConfigurationRestored?> RestoreAsync(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, CancellationToken cancellationToken) =>
            Task.FromResult<ConfigurationRestored?>(null);

        public Task<string?> EndSessionsAsync(string service, CancellationToken cancellationToken) => Task.FromResult<string?>(null);
    }
}

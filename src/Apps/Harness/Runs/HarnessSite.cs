using Quorate.Contracts.Sites;
using Quorate.Faults;
using Quorate.Harness.Sites;

namespace Quorate.Harness.Runs;

/// <summary>A site that runs are made on, with what looks at it and keeps it.</summary>
internal sealed class HarnessSite : IDisposable
{
    private HarnessSite(Site site, IPlatform platform, FaultInjector injector, OracleProber prober, SiteKeeper keeper) =>
        (Site, Platform, Injector, Prober, Keeper) = (site, platform, injector, prober, keeper);

    public Site Site { get; }

    public IPlatform Platform { get; }

    public FaultInjector Injector { get; }

    public OracleProber Prober { get; }

    public SiteKeeper Keeper { get; }

    public static async Task<HarnessSite> OpenAsync(Site site, string platformName, HarnessServices services, CancellationToken cancellationToken)
    {
        var platform = await services.OpenPlatform(site, platformName, cancellationToken);
        var prober = new OracleProber(site, platform, services.Time);
        var keeper = new SiteKeeper(site, platform, services.CreateInspector(platform), prober, services);
        await keeper.RememberAsync(cancellationToken);
        // What somebody else broke must not become what is called healthy.
        var injector = services.CreateInjector(site, platform);
        await injector.RevertAsync(null, cancellationToken);
        return new HarnessSite(site, platform, injector, prober, keeper);
    }

    public void Dispose() => Prober.Dispose();
}

namespace Quorate.Tests.Integration.Cli;

/// <summary>One shop for all tests of a class, which run one after another: starting six services takes longer than most tests.</summary>
public abstract class SharedShop(string platform) : IAsyncLifetime
{
    private ShopSite? _shop;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The shop, healthy and without a planner's settings, whatever the test before did to it.</summary>
    internal async Task<ShopSite> NextAsync(CancellationToken token)
    {
        if (_shop is null)
        {
            return _shop = await ShopSite.UpAsync(platform, token);
        }

        foreach (var name in _shop.Cli.Environment.Keys.Where(n => n.StartsWith("QUORATE_PLANNER__", StringComparison.Ordinal)).ToList())
        {
            _shop.Cli.Environment.Remove(name);
        }

        await _shop.MendAsync(token);
        return _shop;
    }

    public async ValueTask DisposeAsync()
    {
        if (_shop is not null)
        {
            await _shop.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}

/// <summary>As processes.</summary>
public sealed class ProcessShop() : SharedShop("process");

/// <summary>In containers.</summary>
public sealed class DockerShop() : SharedShop("docker");

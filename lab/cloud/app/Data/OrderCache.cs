using System.Globalization;
using System.Text.Json;

namespace Quorate.Lab.Cloud.Data;

/// <summary>
/// Orders in Redis, cache-aside: read first, filled from the database on a miss, gone after <see cref="Life"/>. Only
/// shipped orders are kept, which never change, so nothing in it can be out of date.
/// </summary>
/// <remarks>
/// An unreachable cache is done without. A value that is not the order it should be is an error of its own: whoever
/// put it there may have put others that look right.
/// </remarks>
internal sealed class OrderCache
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(300);

    private readonly RespConnection redis;
    private readonly Calls calls;
    private readonly RoleHost host;

    public OrderCache(ServerAddress address, RoleHost host)
    {
        this.host = host;
        redis = new RespConnection(address.Host, address.Port, address.Password);
        calls = new Calls("cache", address, host);
        host.Metrics.Describe("cloud_cache_hits_total", "Orders found in the cache.");
        host.Metrics.Describe("cloud_cache_misses_total", "Orders not found in the cache.");
        host.Health.Add("cache", CheckAsync);
    }

    /// <summary>Null when the cache has no such order, or cannot be reached.</summary>
    /// <exception cref="DependencyException">There is something else under the order's key.</exception>
    public async Task<Order?> FindAsync(long id, CancellationToken cancellationToken)
    {
        string? text;
        try
        {
            text = await calls.CallAsync(Timeout, token => redis.SendAsync(token, "GET", Key(id)), cancellationToken);
        }
        catch (DependencyException failure) when (failure.InnerException is not RespException answer || !answer.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal))
        {
            return null;
        }
        host.Metrics.Count(text is null ? "cloud_cache_misses_total" : "cloud_cache_hits_total");
        return text is null ? null : Read(id, text);
    }

    public async Task KeepAsync(Order order, CancellationToken cancellationToken)
    {
        if (order.Status != "shipped")
        {
            return;
        }
        string text = JsonSerializer.Serialize(order, CloudJson.Default.Order);
        string seconds = Life.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        try
        {
            await calls.CallAsync(Timeout, token => redis.SendAsync(token, "SET", Key(order.Id), text, "EX", seconds), cancellationToken);
        }
        catch (DependencyException)
        {
            // Logged and counted where it happened; the order itself is safe in the database.
        }
    }

    private Order Read(long id, string text)
    {
        try
        {
            Order? order = JsonSerializer.Deserialize(text, CloudJson.Default.Order);
            if (order is { Item.Length: > 0, Status: "shipped" } && order.Id == id)
            {
                return order;
            }
        }
        catch (JsonException)
        {
            // Told below, like every other value that is no such order.
        }
        string shown = text.Length > 80 ? text[..80] : text;
        host.Metrics.Count("cloud_dependency_errors_total", "dependency", "cache");
        host.Log.Error($"cache holds under {Key(id)} what is not that order: {shown}", null, ("dependency", "cache"), ("key", Key(id)));
        throw new DependencyException("cache", $"{Key(id)} holds what is not that order: {shown}", timedOut: false);
    }

    /// <summary>Writes and reads back, as serving needs both.</summary>
    private Task CheckAsync(CancellationToken cancellationToken) => Calls.CheckAsync(async token =>
    {
        await redis.SendAsync(token, "SET", "health:api", "ok", "EX", "10");
        string? read = await redis.SendAsync(token, "GET", "health:api");
        if (read != "ok")
        {
            throw new IOException($"health:api holds '{read}' right after 'ok' was written");
        }
    }, cancellationToken);

    private static string Key(long id) => string.Create(CultureInfo.InvariantCulture, $"order:{id}");
}

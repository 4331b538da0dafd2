using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Lab.Shop.Data;

namespace Quorate.Lab.Shop.Roles;

/// <summary>Values in memory by key: <c>PUT /keys/{key}</c>, <c>GET /keys/{key}</c>. Bounded in number, size and age.</summary>
internal static class Cache
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(5);

    public static Task<int> RunAsync(RoleHost host)
    {
        var cache = new BoundedCache(Env.Integer("CACHE_KEEP", 1_000, 1, 100_000), Life, host.Time);
        host.Metrics.Describe("shop_cache_hits_total", "Lookups that found a value.");
        host.Metrics.Describe("shop_cache_misses_total", "Lookups that found none.");
        host.Metrics.Gauge("shop_cache_keys", "Values held.", () => cache.Count);
        return host.RunAsync(app =>
        {
            app.MapGet("/keys/{key}", context => GetAsync(context, cache, host.Metrics));
            app.MapPut("/keys/{key}", context => PutAsync(context, cache));
        });
    }

    private static async Task GetAsync(HttpContext context, BoundedCache cache, Metrics metrics)
    {
        byte[]? value = cache.Get(Key(context));
        metrics.Count(value is null ? "shop_cache_misses_total" : "shop_cache_hits_total");
        if (value is null)
        {
            context.Response.StatusCode = 404;
            return;
        }
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(value, context.RequestAborted);
    }

    private static async Task PutAsync(HttpContext context, BoundedCache cache)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        cache.Set(Key(context), body.ToArray());
        context.Response.StatusCode = 204;
    }

    private static string Key(HttpContext context) => context.Request.RouteValues["key"] as string ?? "";
}

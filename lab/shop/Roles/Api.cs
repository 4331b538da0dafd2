using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Lab.Shop.Data;
using Quorate.Lab.Shop.Hosting;

namespace Quorate.Lab.Shop.Roles;

/// <summary>
/// Orders over HTTP. The store is needed for everything; without the cache reads go to the store, and without the
/// queue an order is kept (202) but not sent to the worker. Health names whichever is gone.
/// </summary>
internal sealed class Api
{
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromMilliseconds(1_500);
    private static readonly TimeSpan CacheTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan QueueTimeout = TimeSpan.FromMilliseconds(600);

    private readonly RoleHost host;
    private readonly Dependency store;
    private readonly Dependency? cache;
    private readonly Dependency? queue;

    private Api(RoleHost host)
    {
        this.host = host;
        store = new Dependency("store", Env.Url("STORE_URL"), StoreTimeout, host);
        cache = Env.OptionalUrl("CACHE_URL") is { } cacheUrl ? new Dependency("cache", cacheUrl, CacheTimeout, host) : null;
        queue = Env.OptionalUrl("QUEUE_URL") is { } queueUrl ? new Dependency("queue", queueUrl, QueueTimeout, host) : null;
    }

    public static Task<int> RunAsync(RoleHost host)
    {
        var api = new Api(host);
        return host.RunAsync(app =>
        {
            app.MapPost("/orders", api.AddAsync);
            app.MapGet("/orders", api.ListAsync);
            app.MapGet("/orders/{id}", api.FindAsync);
            if (Env.Text("SHOP_LAB", "0") == "1")
            {
                Burn.Map(app, host);
            }
        });
    }

    private async Task AddAsync(HttpContext context)
    {
        NewOrder? wanted = await context.ReadAsync(ShopJson.Default.NewOrder);
        if (wanted is null || wanted.Fault() is not null)
        {
            await context.RefuseAsync(400, wanted?.Fault() ?? "the body must be JSON with item and quantity");
            return;
        }
        using HttpResponseMessage answer = await store.SendAsync(HttpMethod.Post, "/orders", wanted, ShopJson.Default.NewOrder, context.RequestAborted);
        Order? order = answer.IsSuccessStatusCode ? await answer.Content.ReadAsync(ShopJson.Default.Order, context.RequestAborted) : null;
        if (order is null)
        {
            await context.RefuseAsync(502, $"store answered {(int)answer.StatusCode}");
            return;
        }
        await RememberAsync(order, context.RequestAborted);
        bool queued = await EnqueueAsync(order, context.RequestAborted);
        host.Log.Info("order accepted", ("order", order.Id), ("queued", queued ? "yes" : "no"));
        await context.AnswerAsync(queued ? 201 : 202, order, ShopJson.Default.Order);
    }

    private async Task ListAsync(HttpContext context)
    {
        int limit = context.Number("limit", 20, 1, 100);
        using HttpResponseMessage answer = await store.SendAsync(HttpMethod.Get, $"/orders?limit={limit}", null, context.RequestAborted);
        List<Order> orders = await answer.Content.ReadAsync(ShopJson.Default.ListOrder, context.RequestAborted) ?? [];
        await context.AnswerAsync(200, orders, ShopJson.Default.ListOrder);
    }

    private async Task FindAsync(HttpContext context)
    {
        string id = Uri.EscapeDataString(context.Request.RouteValues["id"] as string ?? "");
        Order? order = await RecallAsync(id, context.RequestAborted);
        if (order is null)
        {
            using HttpResponseMessage answer = await store.SendAsync(HttpMethod.Get, $"/orders/{id}", null, context.RequestAborted);
            order = answer.IsSuccessStatusCode ? await answer.Content.ReadAsync(ShopJson.Default.Order, context.RequestAborted) : null;
            if (order is null)
            {
                await context.RefuseAsync((int)answer.StatusCode, $"there is no order {id}");
                return;
            }
            await RememberAsync(order, context.RequestAborted);
        }
        await context.AnswerAsync(200, order, ShopJson.Default.Order);
    }

    private async Task<Order?> RecallAsync(string id, CancellationToken cancellationToken)
    {
        if (cache is null)
        {
            return null;
        }
        try
        {
            using HttpResponseMessage answer = await cache.SendAsync(HttpMethod.Get, $"/keys/{id}", null, cancellationToken);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadAsync(ShopJson.Default.Order, cancellationToken) : null;
        }
        catch (DependencyException)
        {
            return null;
        }
    }

    private async Task RememberAsync(Order order, CancellationToken cancellationToken)
    {
        if (cache is null)
        {
            return;
        }
        try
        {
            (await cache.SendAsync(HttpMethod.Put, $"/keys/{order.Id}", order, ShopJson.Default.Order, cancellationToken)).Dispose();
        }
        catch (DependencyException)
        {
            // Logged and counted where it happened; the order itself is safe in the store.
        }
    }

    private async Task<bool> EnqueueAsync(Order order, CancellationToken cancellationToken)
    {
        if (queue is null)
        {
            return true;
        }
        try
        {
            var item = new QueueItem("", order.Id);
            using HttpResponseMessage answer = await queue.SendAsync(HttpMethod.Post, "/items", item, ShopJson.Default.QueueItem, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (DependencyException)
        {
            return false;
        }
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Lab.Shop.Data;
using Quorate.Lab.Shop.Hosting;

namespace Quorate.Lab.Shop.Roles;

/// <summary>Orders on disk.</summary>
internal static class Store
{
    public static Task<int> RunAsync(RoleHost host)
    {
        var book = new OrderBook(Env.Text("DATA_DIR", "data"), Env.Integer("STORE_KEEP", 1_000, 10, 100_000), host.Time);
        host.Health.Add("data", stopping => Task.Run(book.CheckWritable, stopping).WaitAsync(stopping));
        host.Metrics.Gauge("shop_orders_kept", "Orders in the store.", () => book.Count);
        host.Metrics.Describe("shop_orders_written_total", "Orders written to disk, by what was written.");
        Warm(book, host);
        return host.RunAsync(app =>
        {
            app.MapPost("/orders", context => AddAsync(context, book, host));
            app.MapGet("/orders", context => ListAsync(context, book));
            app.MapGet("/orders/{id}", context => AnswerAsync(context, book.Find(Id(context))));
            app.MapPost("/orders/{id}/ship", context => ShipAsync(context, book, host));
        });
    }

    /// <summary>A store whose folder cannot be read yet starts all the same, and says so in its health.</summary>
    private static void Warm(OrderBook book, RoleHost host)
    {
        try
        {
            book.Newest(1, null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            host.Log.Error($"cannot read the orders: {failure.Message}", failure);
        }
    }

    private static async Task AddAsync(HttpContext context, OrderBook book, RoleHost host)
    {
        NewOrder? order = await context.ReadAsync(ShopJson.Default.NewOrder);
        if (order is null || order.Fault() is not null)
        {
            await context.RefuseAsync(400, order?.Fault() ?? "the body must be JSON with item and quantity");
            return;
        }
        Order kept = book.Add(order);
        host.Metrics.Count("shop_orders_written_total", "change", "accepted");
        await context.AnswerAsync(201, kept, ShopJson.Default.Order);
    }

    private static Task ListAsync(HttpContext context, OrderBook book)
    {
        string? status = context.Request.Query["status"];
        return context.AnswerAsync(200, book.Newest(context.Number("limit", 20, 1, 100), status), ShopJson.Default.ListOrder);
    }

    private static Task ShipAsync(HttpContext context, OrderBook book, RoleHost host)
    {
        host.Metrics.Count("shop_orders_written_total", "change", "shipped");
        return AnswerAsync(context, book.Ship(Id(context)));
    }

    private static Task AnswerAsync(HttpContext context, Order? order) => order is null
        ? context.RefuseAsync(404, $"there is no order {Id(context)}")
        : context.AnswerAsync(200, order, ShopJson.Default.Order);

    private static string Id(HttpContext context) => context.Request.RouteValues["id"] as string ?? "";
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Lab.Shop.Data;
using Quorate.Lab.Shop.Hosting;

namespace Quorate.Lab.Shop.Roles;

/// <summary>Work for the worker: <c>POST /items</c>, <c>POST /items/take</c>, <c>DELETE /items/{id}</c> once done.</summary>
internal static class Queue
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    public static Task<int> RunAsync(RoleHost host)
    {
        var queue = new WorkQueue(Env.Text("DATA_DIR", "data"), Env.Integer("QUEUE_MAX", 10_000, 10, 1_000_000), Lease, host.Time);
        host.Metrics.Gauge("shop_queue_depth", "Items waiting or being worked on.", () => queue.Depth);
        return host.RunAsync(app =>
        {
            app.MapPost("/items", context => PutAsync(context, queue));
            app.MapPost("/items/take", context => context.AnswerAsync(
                200, queue.Take(context.Number("limit", 10, 1, 100)), ShopJson.Default.ListQueueItem));
            app.MapDelete("/items/{id}", context =>
            {
                bool known = queue.Acknowledge(context.Request.RouteValues["id"] as string ?? "");
                context.Response.StatusCode = known ? 204 : 404;
                return Task.CompletedTask;
            });
        });
    }

    private static async Task PutAsync(HttpContext context, WorkQueue queue)
    {
        QueueItem? wanted = await context.ReadAsync(ShopJson.Default.QueueItem);
        if (wanted?.OrderId is not { Length: > 0 and <= 64 } order)
        {
            await context.RefuseAsync(400, "order_id must be 1 to 64 characters");
            return;
        }
        if (queue.Put(order) is { } item)
        {
            await context.AnswerAsync(201, item, ShopJson.Default.QueueItem);
            return;
        }
        await context.RefuseAsync(503, $"the queue is full ({queue.Depth} items)");
    }
}

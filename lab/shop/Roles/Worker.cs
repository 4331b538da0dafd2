using Quorate.Lab.Shop.Data;
using Quorate.Lab.Shop.Hosting;

namespace Quorate.Lab.Shop.Roles;

/// <summary>Takes orders from the queue and marks them as shipped in the store.</summary>
internal static class Worker
{
    private const int Batch = 20;
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    public static Task<int> RunAsync(RoleHost host)
    {
        var queue = new Dependency("queue", Env.Url("QUEUE_URL"), CallTimeout, host);
        var store = new Dependency("store", Env.Url("STORE_URL"), CallTimeout, host);
        host.Metrics.Describe("shop_orders_shipped_total", "Orders marked as shipped.");
        return host.RunAsync(_ => { }, stopping => WorkAsync(host, queue, store, stopping));
    }

    private static async Task WorkAsync(RoleHost host, Dependency queue, Dependency store, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            TimeSpan rest = Idle;
            try
            {
                int done = await ShipBatchAsync(host, queue, store, stopping);
                rest = done > 0 ? TimeSpan.Zero : Idle;
            }
            catch (DependencyException)
            {
                // Logged where it happened. Items that were taken come back when their lease ends.
                rest = AfterFailure;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await Task.Delay(rest, host.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<int> ShipBatchAsync(RoleHost host, Dependency queue, Dependency store, CancellationToken stopping)
    {
        using HttpResponseMessage answer = await queue.SendAsync(HttpMethod.Post, $"/items/take?limit={Batch}", null, stopping);
        List<QueueItem> items = await answer.Content.ReadAsync(ShopJson.Default.ListQueueItem, stopping) ?? [];
        foreach (QueueItem item in items)
        {
            // 404 means that the store no longer keeps the order: nothing is left to ship.
            using HttpResponseMessage shipped = await store.SendAsync(HttpMethod.Post, $"/orders/{Uri.EscapeDataString(item.OrderId)}/ship", null, stopping);
            using HttpResponseMessage acknowledged = await queue.SendAsync(HttpMethod.Delete, $"/items/{item.Id}", null, stopping);
            host.Metrics.Count("shop_orders_shipped_total");
        }
        return items.Count;
    }
}

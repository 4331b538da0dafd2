using Quorate.Lab.Cloud.Data;

namespace Quorate.Lab.Cloud.Roles;

/// <summary>Sends the messages of orders that the queue never confirmed, or lost: every accepted order is shipped in the end.</summary>
internal sealed class Resender(RoleHost host, OrderTable table, OrderPublisher queue, Calls db)
{
    private const int Batch = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Unsent = TimeSpan.FromMilliseconds(1_500);
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DbTimeout = TimeSpan.FromSeconds(2);

    public async Task RunAsync(CancellationToken stopping)
    {
        host.Metrics.Describe("cloud_orders_sent_again_total", "Messages of orders that were not confirmed or not worked on in time.");
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await SendAsync(stopping);
            }
            catch (DependencyException)
            {
                // Logged and counted where it happened; the next round tries again.
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            await Task.Delay(Pause, host.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(CancellationToken stopping)
    {
        List<Order> orders = await db.CallAsync(DbTimeout, token => table.UnsentAsync(Unsent, Lost, Batch, token), stopping);
        foreach (Order order in orders)
        {
            await queue.PublishAsync(order.Id, stopping);
            await db.CallAsync(DbTimeout, token => table.MarkQueuedAsync(order.Id, token), stopping);
            host.Metrics.Count("cloud_orders_sent_again_total");
        }
        if (orders.Count > 0)
        {
            host.Log.Info($"sent {orders.Count} orders to the queue again");
        }
    }
}

using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Lab.Cloud.Data;
using Quorate.Lab.Cloud.Hooks;

namespace Quorate.Lab.Cloud.Roles;

/// <summary>
/// Orders over HTTP. The database is needed for everything; without the cache reads go to the database, and without
/// the queue an order is kept (202) and its message sent later. Health names whichever is gone, and why.
/// </summary>
internal sealed class Api
{
    private static readonly TimeSpan DbTimeout = TimeSpan.FromMilliseconds(1_500);

    /// <summary>An order that has waited longer than this is not being processed.</summary>
    private static readonly TimeSpan Due = TimeSpan.FromSeconds(3);

    private readonly RoleHost host;
    private readonly OrderTable table;
    private readonly OrderCache cache;
    private readonly OrderPublisher queue;
    private readonly Calls db;
    private readonly OrderGate gate;

    private Api(RoleHost host)
    {
        ServerAddress address = ServerAddress.Read("DB", "postgresql");
        this.host = host;
        table = new OrderTable(address, "api");
        db = new Calls("db", address, host);
        host.Health.Add("db", token => Calls.CheckAsync(t => table.NewestAsync(1, t), token));
        cache = new OrderCache(ServerAddress.Read("CACHE", "redis"), host);
        queue = new OrderPublisher(ServerAddress.Read("QUEUE", "amqp"), host);
        gate = new OrderGate(host);
        _ = new FileDescriptors(host);
        DataFolder.WatchIfDeclared(host);
    }

    public static Task<int> RunAsync(RoleHost host)
    {
        var api = new Api(host);
        Certificate? certificate = Certificate.ServeIfAsked(host);
        var sender = new Resender(host, api.table, api.queue, api.db);
        return host.RunAsync(app =>
        {
            app.MapPost("/orders", api.AddAsync);
            app.MapGet("/orders", api.ListAsync);
            app.MapGet("/orders/{id:long}", api.FindAsync);
            app.MapGet("/flow", api.FlowAsync);
            if (Env.Text("CLOUD_LAB", "0") == "1")
            {
                LabHooks.Map(app, host, api.gate, certificate);
            }
        }, sender.RunAsync);
    }

    private async Task AddAsync(HttpContext context)
    {
        CancellationToken aborted = context.RequestAborted;
        NewOrder? wanted = await context.ReadAsync(CloudJson.Default.NewOrder);
        if (wanted is null || wanted.Fault() is not null)
        {
            await context.RefuseAsync(400, wanted?.Fault() ?? "the body must be JSON with item and quantity");
            return;
        }
        await gate.PassAsync(aborted);
        Order order = await db.CallAsync(DbTimeout, token => table.AddAsync(wanted, token), aborted);
        bool queued = await EnqueueAsync(order.Id, aborted);
        host.Log.Info("order accepted", ("order", order.Id.ToString(CultureInfo.InvariantCulture)), ("queued", queued ? "yes" : "no"));
        await context.AnswerAsync(queued ? 201 : 202, order, CloudJson.Default.Order);
    }

    private async Task ListAsync(HttpContext context)
    {
        int limit = context.Number("limit", 20, 1, 100);
        await gate.PassAsync(context.RequestAborted);
        List<Order> orders = await db.CallAsync(DbTimeout, token => table.NewestAsync(limit, token), context.RequestAborted);
        await context.AnswerAsync(200, orders, CloudJson.Default.ListOrder);
    }

    private async Task FindAsync(HttpContext context)
    {
        long id = long.Parse((string)context.Request.RouteValues["id"]!, CultureInfo.InvariantCulture);
        await gate.PassAsync(context.RequestAborted);
        Order? order = await cache.FindAsync(id, context.RequestAborted);
        if (order is null)
        {
            order = await db.CallAsync(DbTimeout, token => table.FindAsync(id, token), context.RequestAborted);
            if (order is null)
            {
                await context.RefuseAsync(404, $"there is no order {id}");
                return;
            }
            await cache.KeepAsync(order, context.RequestAborted);
        }
        await context.AnswerAsync(200, order, CloudJson.Default.Order);
    }

    /// <summary>Whether orders get through to the end: 503 when the newest one that is due is not shipped.</summary>
    private async Task FlowAsync(HttpContext context)
    {
        Order? newest = await db.CallAsync(DbTimeout, token => table.NewestDueAsync(Due, token), context.RequestAborted);
        if (newest is { Status: not "shipped" })
        {
            double waited = Math.Round((host.Time.GetUtcNow() - newest.CreatedAt).TotalSeconds, 1);
            await context.AnswerAsync(503, new Problem($"order {newest.Id} has waited {waited} s and is not shipped", "worker"), HostJson.Default.Problem);
            return;
        }
        await context.AnswerAsync(200, newest is null ? [] : [newest], CloudJson.Default.ListOrder);
    }

    private async Task<bool> EnqueueAsync(long id, CancellationToken cancellationToken)
    {
        try
        {
            await queue.PublishAsync(id, cancellationToken);
        }
        catch (DependencyException)
        {
            // Logged and counted where it happened; the message is sent later.
            return false;
        }
        await db.CallAsync(DbTimeout, token => table.MarkQueuedAsync(id, token), cancellationToken);
        return true;
    }
}

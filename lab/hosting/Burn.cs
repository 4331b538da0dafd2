using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Quorate.Lab.Hosting;

internal sealed record BurnReport(int Threads, int Seconds);

/// <summary>
/// The lab's CPU hog: <c>POST /lab/burn?threads=2&amp;seconds=600</c> starts threads that really spin in this process,
/// <c>DELETE /lab/burn</c> ends them. Answers only to loopback and private (container) addresses.
/// </summary>
internal static class Burn
{
    private const int MaxThreads = 32;
    private const int MaxSeconds = 1_800;
    private const int MaxEndPolls = 200;
    private static readonly TimeSpan EndPoll = TimeSpan.FromMilliseconds(20);

    private static readonly Lock Gate = new();
    private static CancellationTokenSource? current;
    private static int burning;

    public static void Map(WebApplication app, RoleHost host)
    {
        host.Metrics.Gauge($"{host.Program}_lab_burning_threads", "Threads that the lab's CPU hog keeps busy.", () => burning);
        app.MapPost("/lab/burn", context => StartAsync(context, host));
        app.MapDelete("/lab/burn", context => StopAsync(context, host.Time));
    }

    private static Task StartAsync(HttpContext context, RoleHost host)
    {
        if (!HttpJson.IsNear(context.Connection.RemoteIpAddress))
        {
            return context.RefuseAsync(403, "only from this machine or its container networks");
        }
        int threads = context.Number("threads", 2, 1, MaxThreads);
        int seconds = context.Number("seconds", 600, 1, MaxSeconds);
        lock (Gate)
        {
            current?.Cancel();
            // Its timer ends it; nothing else holds on to it.
            current = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), host.Time);
            CancellationToken end = current.Token;
            for (int i = 0; i < threads; i++)
            {
                new Thread(() => Spin(end)) { IsBackground = true, Name = "burn" }.Start();
            }
        }
        return context.AnswerAsync(202, new BurnReport(threads, seconds), HostJson.Default.BurnReport);
    }

    private static async Task StopAsync(HttpContext context, TimeProvider time)
    {
        if (!HttpJson.IsNear(context.Connection.RemoteIpAddress))
        {
            await context.RefuseAsync(403, "only from this machine or its container networks");
            return;
        }
        lock (Gate)
        {
            current?.Cancel();
            current = null;
        }
        // Whoever asked may count on it, and a thread that gets little of the processor ends late.
        for (int i = 0; i < MaxEndPolls && Volatile.Read(ref burning) > 0; i++)
        {
            await Task.Delay(EndPoll, time, context.RequestAborted);
        }
        await context.AnswerAsync(200, new BurnReport(0, 0), HostJson.Default.BurnReport);
    }

    /// <summary>Fills and drops buffers as fast as it can: it takes a core, and the collector's pauses hold up the requests.</summary>
    private static void Spin(CancellationToken end)
    {
        Interlocked.Increment(ref burning);
        var kept = new byte[64][];
        for (int i = 0; !end.IsCancellationRequested; i = (i + 1) % kept.Length)
        {
            kept[i] = new byte[16 * 1024];
            kept[i].AsSpan().Fill((byte)i);
        }
        Interlocked.Decrement(ref burning);
    }
}

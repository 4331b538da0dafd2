using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Lab.Cloud.Data;

namespace Quorate.Lab.Cloud.Hooks;

/// <summary>What a hook does: how much of it, and after how many seconds it ends by itself.</summary>
internal sealed record HookReport(string Hook, int Amount, int Seconds);

/// <summary>
/// Ways to make the api really suffer: <c>POST /lab/NAME</c> starts, <c>DELETE /lab/NAME</c> ends, and each ends by itself
/// after <c>seconds</c> (600 unless told otherwise), since a process without files or locks may not hear a DELETE. burn: see <see cref="Burn"/>. deadlock: see
/// <see cref="OrderGate"/>. files: see <see cref="FileDescriptors"/>. memory: fills <c>mb</c> outside of
/// the collector's heap. certificate: one that is valid until <c>days</c> from now. Answers only to this machine and private (container) addresses.
/// </summary>
internal static class LabHooks
{
    private const int MaxSeconds = 1_800;
    private const int MaxFiles = 100_000;
    private const int MaxMegabytes = 4_096;
    private const int MaxDays = 90;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, CancellationTokenSource> Running = [];

    public static void Map(WebApplication app, RoleHost host, OrderGate gate, Certificate? certificate)
    {
        Burn.Map(app, host);
        Map(app, host, "deadlock", "n", 2, 2, (_, end) => gate.LockUpAsync(end));
        Map(app, host, "files", "count", MaxFiles, MaxFiles, (count, end) =>
        {
            FileDescriptors.Take(count, end);
            return Task.CompletedTask;
        });
        Map(app, host, "memory", "mb", 64, MaxMegabytes, (megabytes, end) =>
        {
            FillMemory(megabytes, end);
            return Task.CompletedTask;
        });
        app.MapPost("/lab/certificate", context => Near(context, () =>
        {
            int days = context.Number("days", -1, -MaxDays, MaxDays);
            certificate?.Write(days);
            return context.AnswerAsync(certificate is null ? 409 : 202, new HookReport("certificate", days, 0), CloudJson.Default.HookReport);
        }));
    }

    private static void Map(WebApplication app, RoleHost host, string hook, string amountName, int fallback, int max, Func<int, CancellationToken, Task> start)
    {
        app.MapPost($"/lab/{hook}", context => Near(context, async () =>
        {
            int amount = context.Number(amountName, fallback, 1, max);
            int seconds = context.Number("seconds", 600, 1, MaxSeconds);
            await start(amount, Begin(hook, TimeSpan.FromSeconds(seconds), host.Time));
            await context.AnswerAsync(202, new HookReport(hook, amount, seconds), CloudJson.Default.HookReport);
        }));
        app.MapDelete($"/lab/{hook}", context => Near(context, () =>
        {
            End(hook);
            return context.AnswerAsync(200, new HookReport(hook, 0, 0), CloudJson.Default.HookReport);
        }));
    }

    private static Task Near(HttpContext context, Func<Task> work) => HttpJson.IsNear(context.Connection.RemoteIpAddress)
        ? work()
        : context.RefuseAsync(403, "only from this machine or its container networks");

    private static CancellationToken Begin(string hook, TimeSpan length, TimeProvider time)
    {
        lock (Gate)
        {
            End(hook);
            // Its timer ends it; nothing else holds on to it.
            var source = new CancellationTokenSource(length, time);
            Running[hook] = source;
            return source.Token;
        }
    }

    private static void End(string hook)
    {
        lock (Gate)
        {
            if (Running.Remove(hook, out CancellationTokenSource? source))
            {
                source.Cancel();
            }
        }
    }

    private static unsafe void FillMemory(int megabytes, CancellationToken end)
    {
        nuint bytes = (nuint)megabytes << 20;
        var memory = (nint)NativeMemory.Alloc(bytes);
        end.Register(() => NativeMemory.Free((void*)memory));
        // Written page by page: memory that was only asked for takes up none.
        NativeMemory.Fill((void*)memory, bytes, 1);
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Lab.Cloud.Data;
using Quorate.Lab.Cloud.Exporting;

namespace Quorate.Lab.Cloud.Roles;

/// <summary>
/// Speaks Prometheus's text format for servers that do not: <c>/metrics/db</c>, <c>/metrics/cache</c>, <c>/metrics/edge</c>.
/// 503 with the reason when the server does not answer, so that Prometheus's own <c>up</c> says it.
/// </summary>
internal static class Exporter
{
    /// <summary>Below the second that Prometheus waits.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(800);

    public static Task<int> RunAsync(RoleHost host)
    {
        var db = new DbMetrics(Env.Text("DB_HOST", "db"), Env.Text("DB_USER", "exporter"), Env.Text("DB_PASSWORD", ""), Env.Text("DB_NAME", "cloud"));
        var cache = new CacheMetrics(Env.Text("CACHE_HOST", "cache"), Env.Text("CACHE_PASSWORD", ""));
        var edge = new EdgeMetrics(Env.Text("EDGE_HOST", "edge"));
        return host.RunAsync(app =>
        {
            Map(app, host, "db", db.ReadAsync);
            Map(app, host, "cache", cache.ReadAsync);
            Map(app, host, "edge", edge.ReadAsync);
        });
    }

    private static void Map(WebApplication app, RoleHost host, string name, Func<CancellationToken, Task<string>> read) =>
        app.MapGet($"/metrics/{name}", async context =>
        {
            using var deadline = new CancellationTokenSource(Timeout, host.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, context.RequestAborted);
            try
            {
                string text = await read(either.Token);
                context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
                await context.Response.WriteAsync(text, context.RequestAborted);
            }
            catch (Exception failure) when (Calls.IsServers(failure) || failure is HttpRequestException || (failure is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
            {
                string words = failure is OperationCanceledException ? $"no answer within {Timeout.TotalMilliseconds:0} ms" : Calls.Words(failure);
                host.Log.Warn($"no metrics of {name}: {words}", null);
                await context.RefuseAsync(503, $"{name}: {words}");
            }
        });
}

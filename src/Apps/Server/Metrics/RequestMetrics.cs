using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Quorate.Server.Metrics;

internal static class RequestMetrics
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <summary>Counts each request by its route's template, never by its path: those are without number.</summary>
    public static void UseRequestMetrics(this IApplicationBuilder app, ServerMetrics metrics, TimeProvider time) => app.Use(async (context, next) =>
    {
        var began = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
            var method = Array.Find(Methods, m => m == context.Request.Method) ?? "other";
            metrics.CountRequest(method, route, context.Response.StatusCode, time.GetElapsedTime(began));
        }
    });
}

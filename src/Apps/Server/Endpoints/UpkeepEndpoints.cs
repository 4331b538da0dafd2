using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quorate.Contracts;
using Quorate.Server.Metrics;
using Quorate.Server.Requests;

namespace Quorate.Server.Endpoints;

/// <summary>What watches the server.</summary>
internal static class UpkeepEndpoints
{
    public static void MapUpkeep(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => Results.Ok(new { status = "live" })).AllowAnonymous().WithSummary("The process answers.");
        app.MapGet("/health/ready", ReadyAsync).AllowAnonymous().WithSummary("The store answers too.");
        app.MapGet("/metrics", MetricsAsync).WithSummary("Prometheus text.").Produces<string>(contentType: "text/plain");
        app.MapOpenApi().AllowAnonymous();
    }

    private static async Task<IResult> ReadyAsync(HttpContext context, ServerParts parts)
    {
        try
        {
            await parts.Jobs.CountAsync(context.RequestAborted);
            return Results.Ok(new { status = "ready" });
        }
        catch (QuorateException error)
        {
            // What exactly is wrong is for the log: anyone may ask here.
            return Problem.Of(StatusCodes.Status503ServiceUnavailable, error.Code, "the store does not answer");
        }
    }

    private static async Task<IResult> MetricsAsync(HttpContext context, ServerParts parts, ServerMetrics metrics)
    {
        metrics.SetOpenJobs(await parts.Jobs.CountAsync(context.RequestAborted));
        return Results.Text(metrics.Text.Write(), PrometheusListener.ContentType);
    }
}

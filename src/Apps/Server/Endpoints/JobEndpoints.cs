using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Quorate.Server.Jobs;
using Quorate.Server.Requests;
using Quorate.Server.Security;

namespace Quorate.Server.Endpoints;

/// <summary>What becomes of a question. Somebody else's job is not there.</summary>
internal static class JobEndpoints
{
    public static void MapJobs(this IEndpointRouteBuilder app)
    {
        app.MapGet("/job_status/{job_id}", StatusAsync).WithSummary("How far a question is.").Produces<JobStatus>();
        app.MapGet("/job_result/{job_id}", ResultAsync).WithSummary("The answer, or the status while there is none.").Produces<object>();
        app.MapPost("/cancel/{job_id}", CancelAsync).RequireAuthorization(Roles.Operator).WithSummary("Stop a question that waits or runs.").Produces<JobStatus>();
        app.MapGet("/image/{job_id}/{image_type}", ImageAsync).WithSummary("A chart of how the answers compare.").Produces<string>(contentType: "image/svg+xml");
    }

    private static async Task<IResult> StatusAsync(HttpContext context, [FromRoute(Name = "job_id")] string id, ServerParts parts) =>
        await parts.Jobs.FindAsync(id, context.Caller().User.Id, context.RequestAborted) is { } job ? Results.Ok(JobView.Status(job)) : Problem.NotFound("job", id);

    private static async Task<IResult> ResultAsync(HttpContext context, [FromRoute(Name = "job_id")] string id, ServerParts parts) =>
        await parts.Jobs.ReadResultAsync(id, context.Caller().User.Id, context.RequestAborted) is { } result ? Results.Ok(JobView.Result(result)) : await StatusAsync(context, id, parts);

    private static async Task<IResult> CancelAsync(HttpContext context, [FromRoute(Name = "job_id")] string id, ServerParts parts, JobRunner runner)
    {
        if (await parts.Jobs.CancelAsync(id, context.Caller().User.Id, context.RequestAborted))
        {
            runner.Cancel(id);
        }

        // One that has ended stays as it was: its status says so.
        return await StatusAsync(context, id, parts);
    }

    private static async Task<IResult> ImageAsync(
        HttpContext context, [FromRoute(Name = "job_id")] string id, [FromRoute(Name = "image_type")] string kind, ServerParts parts)
    {
        if (await parts.Jobs.ReadResultAsync(id, context.Caller().User.Id, context.RequestAborted) is not { } result)
        {
            return await parts.Jobs.FindAsync(id, context.Caller().User.Id, context.RequestAborted) is { } job
                ? Problem.Of(StatusCodes.Status409Conflict, "job_not_done", $"the job is {job.State.ToString().ToLowerInvariant()}; there are pictures of those that are done")
                : Problem.NotFound("job", id);
        }

        if (!parts.Charts.Kinds.Contains(kind))
        {
            return Problem.OfField("image_type", kind, $"one of: {string.Join(", ", parts.Charts.Kinds)}");
        }

        var svg = Encoding.UTF8.GetBytes(await parts.Charts.RenderAsync(result.Analysis, kind, context.RequestAborted));
        // A picture opened by itself is a document: it may style itself and nothing else.
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";
        context.Response.Headers.CacheControl = "private, max-age=3600";
        return Results.Bytes(svg, "image/svg+xml; charset=utf-8", entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(svg))}\""));
    }
}

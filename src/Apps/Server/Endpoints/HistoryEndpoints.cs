using Quorate.Engine.Ask.Catalog;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Quorate.Engine.Ask;
using Quorate.Server.Jobs;
using Quorate.Server.Requests;
using Quorate.Server.Security;

namespace Quorate.Server.Endpoints;

/// <param name="JobId">Its id.</param>
/// <param name="Query">As asked.</param>
/// <param name="Domain">Its domain.</param>
/// <param name="QuestionType">Its type.</param>
/// <param name="Timestamp">Seconds since 1970 when it was asked.</param>
/// <param name="Roles">Such as <c>qwen: Utilitarian; llama3: Aggregator</c>.</param>
/// <param name="ConsensusScore">0–100; null unless completed.</param>
/// <param name="Responses">Each member's text.</param>
/// <param name="Status">processing, completed, error or cancelled.</param>
public sealed record HistoryItem(
    string JobId, string Query, string Domain, string QuestionType, long Timestamp, string Roles, double? ConsensusScore, IReadOnlyDictionary<string, string> Responses, string Status);

/// <param name="History">The newest first.</param>
/// <param name="Next">The value of <c>before</c> for the next page; null on the last.</param>
public sealed record HistoryPage(IReadOnlyList<HistoryItem> History, string? Next);

/// <summary>A user's past questions, read from the store alone: no model is ever asked.</summary>
internal static class HistoryEndpoints
{
    private const int DefaultPage = 50;
    private const int LongestPage = 200;

    public static void MapHistory(this IEndpointRouteBuilder app)
    {
        app.MapGet("/history", ReadAsync).WithSummary("Your questions, the newest first.").Produces<HistoryPage>();
        app.MapDelete("/history/{job_id}", DeleteAsync).WithSummary("Delete one of your questions with all its answers.");
    }

    private static async Task<IResult> ReadAsync(HttpContext context, ServerParts parts, string? limit, string? before, string? username)
    {
        var most = DefaultPage;
        if (limit is not null && (!int.TryParse(limit, out most) || most is < 1 or > LongestPage))
        {
            return Problem.OfField("limit", limit, $"1 to {LongestPage}");
        }

        if (await CallerName.RefuseAsync(username, context.Caller(), parts, context.RequestAborted) is { } refused)
        {
            return refused;
        }

        // One more than asked for tells whether there is another page.
        var entries = await parts.Jobs.ReadHistoryAsync(context.Caller().User.Id, most + 1, before, context.RequestAborted);
        return Results.Ok(new HistoryPage([.. entries.Take(most).Select(Item)], entries.Count > most ? entries[most - 1].Job.JobId : null));
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, [FromRoute(Name = "job_id")] string id, ServerParts parts, JobRunner runner, string? username)
    {
        if (await CallerName.RefuseAsync(username, context.Caller(), parts, context.RequestAborted) is { } refused)
        {
            return refused;
        }

        if (!await parts.Jobs.DeleteAsync(id, context.Caller().User.Id, context.RequestAborted))
        {
            return Problem.NotFound("job", id);
        }

        runner.Cancel(id);
        return Results.Ok(new { success = true });
    }

    private static HistoryItem Item(HistoryEntry entry) => new(
        entry.Job.JobId,
        entry.Job.Request.Query,
        entry.Job.Request.Domain,
        QuestionTypes.NameOf(entry.Job.Request.QuestionType),
        entry.Job.CreatedAt.ToUnixTimeSeconds(),
        JobView.Roles(entry.Responses.Select(r => (r.AgentId, r.Role, r.IsAggregator))),
        entry.Score,
        entry.Responses.ToDictionary(r => r.AgentId, r => r.Response, StringComparer.Ordinal),
        JobView.StatusOf(entry.Job.State));
}

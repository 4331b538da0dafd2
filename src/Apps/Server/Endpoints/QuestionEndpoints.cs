using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quorate.Server.Jobs;
using Quorate.Server.Requests;
using Quorate.Server.Security;

namespace Quorate.Server.Endpoints;

/// <summary>A question as it is posted; all but <paramref name="Query"/> may be left out.</summary>
public sealed record QuestionRequest(
    string Query,
    string? Domain,
    string? QuestionType,
    IReadOnlyList<string>? Choices,
    IReadOnlyList<string>? Models,
    IReadOnlyList<string>? EthicalViews,
    IReadOnlyDictionary<string, string>? Roles,
    string? AggregatorId,
    string? Username,
    string? ApiKey,
    bool? PeerReview,
    bool? SecondRound,
    bool? WeightByConfidence,
    int? Seed);

public sealed record QuestionAccepted(string JobId, string Status);

public sealed record AggregatorRequest(string AggregatorId);

public sealed record AggregatorChosen(bool Success, string AggregatorId);

/// <summary>Asking.</summary>
internal static class QuestionEndpoints
{
    public static void MapQuestions(this IEndpointRouteBuilder app)
    {
        app.MapPost("/process_query", AskAsync).RequireAuthorization(Roles.Operator).WithSummary("Put a question to the panel.")
            .Accepts<QuestionRequest>("application/json").Produces<QuestionAccepted>();
        app.MapPost("/update_aggregator", UpdateAggregatorAsync).RequireAuthorization(Roles.Operator).WithSummary("Choose who writes your summaries.")
            .Accepts<AggregatorRequest>("application/json").Produces<AggregatorChosen>();
    }

    private static async Task<IResult> AskAsync(HttpContext context, ServerSettings settings, ServerParts parts, JobRunner runner)
    {
        var fields = await JsonFields.ReadAsync(context);
        var caller = context.Caller();
        var request = QuestionFields.Read(fields, parts, caller.User);
        var name = fields.Text("username", 64);
        if (fields.Problem is { } problem)
        {
            return problem;
        }

        if (await CallerName.RefuseAsync(name, caller, parts, context.RequestAborted) is { } refused)
        {
            return refused;
        }

        var jobId = parts.Ids.Next("job");
        if (!await parts.Jobs.SubmitAsync(jobId, caller.User.Id, request, settings.MaxQueuedJobs, settings.MaxHistory, context.RequestAborted))
        {
            context.Response.Headers.RetryAfter = "10";
            return Problem.Of(StatusCodes.Status503ServiceUnavailable, "queue_full", $"{settings.MaxQueuedJobs} questions wait already", "ask again in a while");
        }

        runner.Wake();
        return Results.Ok(new QuestionAccepted(jobId, JobView.Processing));
    }

    private static async Task<IResult> UpdateAggregatorAsync(HttpContext context, ServerParts parts)
    {
        var fields = await JsonFields.ReadAsync(context);
        var chosen = fields.OneOf("aggregator_id", QuestionFields.Writers(parts.Panel().Members), needed: true);
        if (fields.Problem is { } problem)
        {
            return problem;
        }

        await parts.Accounts.SetAggregatorAsync(context.Caller().User.Id, chosen, context.RequestAborted);
        return Results.Ok(new AggregatorChosen(true, chosen!));
    }
}

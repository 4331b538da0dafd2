using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Quorate.Contracts;

namespace Quorate.Server.Requests;

/// <summary>Turns what went wrong in a request into problem details; only defects are logged as errors, and none is shown.</summary>
internal static class ProblemAnswers
{
    public static void UseProblemAnswers(this IApplicationBuilder app, ILogger log)
    {
        app.Use((context, next) => AnswerAsync(context, next, log));
        app.UseStatusCodePages(pages => Problem.OfStatus(pages.HttpContext.Response.StatusCode).ExecuteAsync(pages.HttpContext));
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, ILogger log)
    {
        try
        {
            await next(context);
        }
        catch (Exception error) when (error is ConnectionResetException || (error is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested))
        {
            // The client went away: nobody waits for an answer.
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            var problem = error switch
            {
                BadHttpRequestException bad => Problem.Of(bad.StatusCode, "request_invalid", PlainText.Line(bad.Message, 200)),
                QuorateException known => Problem.OfError(known),
                _ => Defect(context, error, log),
            };
            context.Response.Clear();
            await problem.ExecuteAsync(context);
        }
    }

    private static IResult Defect(HttpContext context, Exception error, ILogger log)
    {
        log.LogError(error, "A defect answering {Method} {Path}", PlainText.Line(context.Request.Method, 20), PlainText.Line(context.Request.Path, 200));
        return Problem.Of(StatusCodes.Status500InternalServerError, "internal", "this is a defect of Quorate; the server's log says more");
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Quorate.Models;
using Quorate.Server.Security;

namespace Quorate.Server.OpenAi;

/// <summary>POST /v1/chat/completions. A plain delegate: binding and result objects would cost every token's caller.</summary>
internal static class ChatEndpoint
{
    public static void MapChat(this IEndpointRouteBuilder app)
    {
        var parts = app.ServiceProvider.GetRequiredService<ServerParts>();
        var runs = app.ServiceProvider.GetRequiredService<PanelRuns>();
        app.MapPost("/v1/chat/completions", context => AnswerAsync(context, parts, runs))
            .RequireAuthorization(Roles.Operator)
            // Members have deadlines of their own, and the panel has the time limit of jobs.
            .DisableRequestTimeout()
            .WithSummary("A chat completion by one member, or by the panel as quorate.");
    }

    private static async Task AnswerAsync(HttpContext context, ServerParts parts, PanelRuns runs)
    {
        if (!IsJson(context.Request))
        {
            await new OpenAiError(StatusCodes.Status415UnsupportedMediaType, "media_type", "the body must be JSON: Content-Type: application/json").ExecuteAsync(context);
            return;
        }

        var (call, wrong) = await RequestBody.ReadAsync(context, ChatBody.Read);
        if (call is null)
        {
            await wrong!.ExecuteAsync(context);
        }
        else if (call.Model == ChatCall.Panel)
        {
            await PanelChat.AnswerAsync(context, call, parts, runs);
        }
        else if (call.Quorate is not null)
        {
            await OpenAiError.Field("quorate", $"only for the model {ChatCall.Panel}").ExecuteAsync(context);
        }
        else if (ModelsEndpoint.Find(parts.Panel(), call.Model) is not { } member)
        {
            await ModelsEndpoint.Unknown(call.Model).ExecuteAsync(context);
        }
        else
        {
            await MemberAsync(context, call, parts, member.Name);
        }
    }

    private static async Task MemberAsync(HttpContext context, ChatCall call, ServerParts parts, string member)
    {
        try
        {
            var client = parts.Panel().Client(member);
            await (call.Stream ? MemberChat.StreamAsync(context, call, client, parts) : MemberChat.AnswerAsync(context, call, client, parts));
        }
        catch (ModelException failure) when (!context.Response.HasStarted)
        {
            await OpenAiError.Of(failure).ExecuteAsync(context);
        }
    }

    private static bool IsJson(HttpRequest request) =>
        !request.Headers.ContainsKey(HeaderNames.ContentEncoding)
        && request.ContentType is { } type
        && (type == "application/json" || (MediaTypeHeaderValue.TryParse(type, out var parsed) && parsed.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)));
}

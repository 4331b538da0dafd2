using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Quorate.Server.Requests;

/// <summary>
/// Refuses a body that says it is too large before anything else looks at the request. A client that sends on while the connection is closed
/// would never see the answer, so a little more is read and thrown away first. Bodies that say no length meet Kestrel's own limit.
/// </summary>
internal static class BodyLimit
{
    private const int MostThrownAway = 4 << 20;

    public static void UseBodyLimit(this IApplicationBuilder app, int maxBytes) => app.Use(async (context, next) =>
    {
        if (context.Request.ContentLength is not { } length || length <= maxBytes)
        {
            await next(context);
            return;
        }

        context.Response.Headers.Connection = "close";
        if (length <= MostThrownAway && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MostThrownAway;
            await ThrowAwayAsync(context);
        }

        await Problem.Of(StatusCodes.Status413PayloadTooLarge, "body_too_large", $"the body has {length:N0} bytes; at most {maxBytes:N0} are allowed").ExecuteAsync(context);
    });

    private static async Task ThrowAwayAsync(HttpContext context)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) > 0)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

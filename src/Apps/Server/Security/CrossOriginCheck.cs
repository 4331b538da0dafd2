using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Quorate.Server.Requests;

namespace Quorate.Server.Security;

/// <summary>
/// Keeps pages of elsewhere from acting in a visitor's name (CSRF): a browser says with Sec-Fetch-Site (Fetch Metadata, W3C) where an unsafe
/// request comes from, older ones with Origin. What sends neither is no browser. Requests with an Authorization header are not asked:
/// browsers never add one by themselves.
/// </summary>
internal static class CrossOriginCheck
{
    public static void UseCrossOriginCheck(this IApplicationBuilder app) => app.Use((context, next) => IsForeign(context.Request)
        ? Problem.Of(StatusCodes.Status403Forbidden, "cross_origin", "a page of another origin may not do this").ExecuteAsync(context)
        : next(context));

    private static bool IsForeign(HttpRequest request)
    {
        var method = request.Method;
        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || request.Headers.ContainsKey(HeaderNames.Authorization))
        {
            return false;
        }

        if (request.Headers.TryGetValue("Sec-Fetch-Site", out var site))
        {
            return site is not ["same-origin" or "none"];
        }

        return request.Headers.TryGetValue(HeaderNames.Origin, out var origin)
            && !(origin.Count == 1 && Uri.TryCreate(origin[0], UriKind.Absolute, out var from) && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}

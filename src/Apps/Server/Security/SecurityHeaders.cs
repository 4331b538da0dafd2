using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Quorate.Server.Security;

/// <summary>What every answer tells a browser; an endpoint that needs another Content-Security-Policy sets it first.</summary>
internal static class SecurityHeaders
{
    private const string NothingMayLoad = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(
            static state =>
            {
                var headers = ((HttpResponse)state).Headers;
                headers.ContentSecurityPolicy = headers.ContentSecurityPolicy.Count > 0 ? headers.ContentSecurityPolicy : NothingMayLoad;
                headers.XContentTypeOptions = "nosniff";
                headers.XFrameOptions = "DENY";
                headers["Referrer-Policy"] = "no-referrer";
                headers["Cross-Origin-Resource-Policy"] = "same-origin";
                headers.CacheControl = headers.CacheControl.Count > 0 ? headers.CacheControl : "no-store";
                return Task.CompletedTask;
            },
            context.Response);
        return next(context);
    });
}

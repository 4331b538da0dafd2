using Microsoft.AspNetCore.Http;

namespace Quorate.Server.Security;

/// <summary>The cookie of a session: no script reads it, no other site's request carries it but a link's.</summary>
internal static class SessionCookie
{
    private const string Name = "quorate_session";

    public static string? Read(HttpRequest request) => request.Cookies[Name];

    public static void Write(HttpContext context, string secret, TimeSpan lifetime) => context.Response.Cookies.Append(Name, secret, Options(context, lifetime));

    public static void Remove(HttpContext context) => context.Response.Cookies.Delete(Name, Options(context, null));

    // A proxy that ended TLS says so; being lied to only makes the cookie stricter.
    private static CookieOptions Options(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = context.Request.IsHttps || context.Request.Headers["X-Forwarded-Proto"] == "https",
        Path = "/",
        MaxAge = lifetime,
        IsEssential = true,
    };
}

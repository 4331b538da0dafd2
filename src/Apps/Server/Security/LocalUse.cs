using System.Net;
using Microsoft.AspNetCore.Http;

namespace Quorate.Server.Security;

/// <summary>Whether a request comes from somebody at this machine who speaks to this server directly.</summary>
internal static class LocalUse
{
    private static readonly string[] ProxyHeaders = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"];

    /// <summary>
    /// The connection must be loopback. So must the Host header: a page of elsewhere whose name was rebound to 127.0.0.1 sends its own name.
    /// A proxy on this machine makes everyone look local, so its headers end it too.
    /// </summary>
    public static bool Is(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && IsLoopbackHost(context.Request.Host.Host)
        && !ProxyHeaders.Any(context.Request.Headers.ContainsKey);

    public static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}

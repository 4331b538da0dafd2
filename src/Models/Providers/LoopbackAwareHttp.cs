namespace Quorate.Models.Providers;

/// <summary>HTTP as every model call uses it: no redirects (they would carry the key elsewhere), no cookies, no proxy for this machine.</summary>
internal static class LoopbackAwareHttp
{
    public static HttpClient Create(Uri endpoint) => new(CreateHandler(endpoint)) { Timeout = Timeout.InfiniteTimeSpan };

    public static SocketsHttpHandler CreateHandler(Uri endpoint) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = !endpoint.IsLoopback,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        // Trace headers are for our own servers; making them costs every call.
        ActivityHeadersPropagator = null,
    };
}

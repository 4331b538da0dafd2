using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Quorate.Lab.Shop.Hosting;

namespace Quorate.Lab.Shop.Roles;

/// <summary>The reverse proxy that customers reach: <c>/orders</c> and below go to the api, nothing else does.</summary>
internal static class Edge
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public static Task<int> RunAsync(RoleHost host)
    {
        // The api answers for its own dependencies within 500 ms.
        host.Health.Patience = TimeSpan.FromMilliseconds(700);
        var api = new Dependency("api", Env.Url("API_URL"), Timeout, host, relay: true);
        return host.RunAsync(app =>
        {
            app.Map("/orders", context => ForwardAsync(context, api));
            app.Map("/orders/{id}", context => ForwardAsync(context, api));
        });
    }

    private static async Task ForwardAsync(HttpContext context, Dependency api)
    {
        HttpRequest request = context.Request;
        using HttpResponseMessage answer = await api.SendAsync(
            new HttpMethod(request.Method), request.Path.ToUriComponent() + request.QueryString, await BodyAsync(context), context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        if (!HttpMethods.IsHead(request.Method))
        {
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }

    /// <summary>Read whole (the server bounds it), so that a slow sender cannot hold a connection to the api.</summary>
    private static async Task<HttpContent?> BodyAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            return null;
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var content = new ByteArrayContent(body.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) ? type : null;
        return content;
    }
}

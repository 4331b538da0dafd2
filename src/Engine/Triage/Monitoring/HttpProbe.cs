using System.Net.Http.Headers;
using System.Net.Sockets;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>One look at one address. Status is null when nothing answered in time; Error then says why.</summary>
public sealed record HttpAnswer(int? Status, double LatencyMs, string? Error)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}

/// <summary>Sends single requests with a deadline, each on a connection of its own, so that a dead pooled connection never speaks for a live service.</summary>
public sealed class HttpProbe(HttpClient http, TimeProvider time)
{
    public async Task<HttpAnswer> GetAsync(Uri url, TimeSpan timeout, CancellationToken cancellationToken) =>
        await SendAsync(url, HttpMethod.Get, null, timeout, cancellationToken);

    public Task<HttpAnswer> SendAsync(SiteProbe probe, TimeSpan timeout, CancellationToken cancellationToken) =>
        SendAsync(probe.Url, HttpMethod.Parse(probe.Method), probe.Body, timeout, cancellationToken);

    /// <summary>Whether something accepts a TCP connection; null when it does, else why not.</summary>
    public async Task<string?> ConnectAsync(string host, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, both.Token);
            return null;
        }
        catch (SocketException e)
        {
            return $"port {port}: {e.SocketErrorCode}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"port {port}: no connection within {timeout.TotalSeconds:0.#} s";
        }
    }

    private async Task<HttpAnswer> SendAsync(Uri url, HttpMethod method, string? body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        using var deadline = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var request = new HttpRequestMessage(method, url);
        request.Headers.ConnectionClose = true;
        if (body is not null)
        {
            request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        }

        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return new HttpAnswer((int)response.StatusCode, ElapsedMs(), null);
        }
        catch (HttpRequestException e)
        {
            return new HttpAnswer(null, ElapsedMs(), e.InnerException is SocketException s ? s.SocketErrorCode.ToString() : e.HttpRequestError.ToString());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HttpAnswer(null, ElapsedMs(), $"no answer within {timeout.TotalSeconds:0.#} s");
        }

        double ElapsedMs() => time.GetElapsedTime(began).TotalMilliseconds;
    }
}

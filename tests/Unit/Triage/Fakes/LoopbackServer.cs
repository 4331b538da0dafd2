using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quorate.Tests.Unit.Triage.Fakes;

/// <summary>A tiny HTTP server on a free loopback port: one answer for each path, or none at all.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, (int Status, string Body)?> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    /// <param name="answer">By path and query; null: accept and stay silent.</param>
    public LoopbackServer(Func<string, (int Status, string Body)?> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Root => new($"http://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}/");

    public List<string> Paths { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                clients.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(clients);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
                var first = await reader.ReadLineAsync(_stop.Token);
                if (first is null)
                {
                    return;
                }

                var path = first.Split(' ')[1];
                lock (Paths)
                {
                    Paths.Add(path);
                }

                if (_answer(path) is not var (status, body))
                {
                    await reader.ReadToEndAsync(_stop.Token);
                    return;
                }

                var text = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} x\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");
                await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text), _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The test is over or the client has gone.
            }
        }
    }
}

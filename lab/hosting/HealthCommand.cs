using System.Net.Sockets;
using System.Text;

namespace Quorate.Lab.Hosting;

/// <summary>A container's health check: one GET over a bare socket, because it starts a process every few seconds.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length != 1 || !Uri.TryCreate(args[0], UriKind.Absolute, out Uri? url) || url.Scheme != Uri.UriSchemeHttp)
        {
            throw new UsageException("health takes one http:// address");
        }
        using var deadline = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            string answer = await GetAsync(url, deadline.Token);
            Console.WriteLine(answer);
            // "HTTP/1.1 200 OK": the status is the second word.
            return answer.Split(' ', 3) is [_, ['2', ..], ..] ? 0 : 1;
        }
        catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException)
        {
            Console.WriteLine(failure.Message);
            return 1;
        }
    }

    private static async Task<string> GetAsync(Uri url, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, cancellationToken);
        await using NetworkStream stream = client.GetStream();
        string request = $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII, false, 512);
        return await reader.ReadLineAsync(cancellationToken) ?? "no answer";
    }
}

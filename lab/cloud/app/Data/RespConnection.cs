using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Quorate.Lab.Cloud.Data;

/// <summary>Redis answered with an error; the message is its own, such as <c>WRONGTYPE Operation against …</c>.</summary>
internal sealed class RespException(string message) : Exception(message);

/// <summary>
/// One connection to Redis in its protocol RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec), opened
/// when needed, one command at a time. A call that fails or is cancelled closes it: its answer would be taken for the next one's. Thread-safe.
/// </summary>
// CA1001: built once at start-up; the connection lives as long as the process does.
#pragma warning disable CA1001
internal sealed class RespConnection(string host, int port, string password)
#pragma warning restore CA1001
{
    private const int MaxBulk = 1 << 20;
    private const int MaxLine = 4096;
    private const int BufferBytes = 8192;

    private readonly SemaphoreSlim gate = new(1);
    private TcpClient? client;
    private BufferedStream? stream;

    /// <summary>Text or a number as text; null for nil. Commands that answer with lists are not for here.</summary>
    /// <exception cref="RespException">Redis answered with an error.</exception>
    /// <exception cref="IOException">The connection failed; or a <see cref="SocketException"/>.</exception>
    public async Task<string?> SendAsync(CancellationToken cancellationToken, params string[] words)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (stream is null)
            {
                await OpenAsync(cancellationToken);
            }
            return await ExchangeAsync(words, cancellationToken);
        }
        catch (Exception failure) when (failure is not RespException)
        {
            Close();
            throw;
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(host, port, cancellationToken);
        stream = new BufferedStream(client.GetStream(), BufferBytes);
        if (password.Length == 0)
        {
            return;
        }
        try
        {
            await ExchangeAsync(["AUTH", password], cancellationToken);
        }
        catch (RespException)
        {
            // Without its password the connection is of no use.
            Close();
            throw;
        }
    }

    private void Close()
    {
        stream?.Dispose();
        client?.Dispose();
        (stream, client) = (null, null);
    }

    private async Task<string?> ExchangeAsync(string[] words, CancellationToken cancellationToken)
    {
        var request = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{words.Length}\r\n");
        foreach (string word in words)
        {
            request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        }
        await stream!.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), cancellationToken);
        await stream.FlushAsync(cancellationToken);
        string line = await ReadLineAsync(cancellationToken);
        return line[0] switch
        {
            '+' or ':' => line[1..],
            '-' => throw new RespException(line[1..]),
            '$' => await ReadBulkAsync(line, cancellationToken),
            _ => throw new IOException($"Redis answered {words[0]} with '{line}', which is not text or a number"),
        };
    }

    private async Task<string?> ReadBulkAsync(string line, CancellationToken cancellationToken)
    {
        if (!int.TryParse(line.AsSpan(1), CultureInfo.InvariantCulture, out int length) || length > MaxBulk)
        {
            throw new IOException($"Redis announces a value of {line[1..]} bytes; at most {MaxBulk} are read");
        }
        if (length < 0)
        {
            return null;
        }
        byte[] bytes = new byte[length + 2];
        await stream!.ReadExactlyAsync(bytes, cancellationToken);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (line.Length < MaxLine)
        {
            await stream!.ReadExactlyAsync(one, cancellationToken);
            if (one[0] == '\n' && line.Length > 1)
            {
                return line.ToString().TrimEnd('\r');
            }
            line.Append((char)one[0]);
        }
        throw new IOException($"Redis sent a line of more than {MaxLine} bytes");
    }
}

using System.Net.Sockets;
using System.Text;
using Npgsql;
using RabbitMQ.Client.Exceptions;

namespace Quorate.Lab.Cloud.Data;

/// <summary>Calls to one server: each has a deadline, and a failure is counted and logged in the server's own words.</summary>
internal sealed class Calls
{
    private readonly string name;
    private readonly ServerAddress address;
    private readonly RoleHost host;

    public Calls(string name, ServerAddress address, RoleHost host)
    {
        (this.name, this.address, this.host) = (name, address, host);
        host.Metrics.Describe("cloud_dependency_errors_total", "Calls to a server that failed, by dependency.");
    }

    /// <exception cref="DependencyException">The server did not answer in time, could not be reached, or refused.</exception>
    public async Task<T> CallAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await call(either.Token);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed($"timed out, no answer within {limit.TotalMilliseconds:0} ms", timedOut: true, failure);
        }
        catch (Exception failure) when (IsServers(failure))
        {
            throw Failed(Words(failure), timedOut: false, failure);
        }
    }

    /// <summary>The same for a health check, which reports by itself.</summary>
    public static async Task CheckAsync(Func<CancellationToken, Task> check, CancellationToken cancellationToken)
    {
        try
        {
            await check(cancellationToken);
        }
        catch (Exception failure) when (IsServers(failure))
        {
            throw new IOException(Words(failure), failure);
        }
    }

    /// <summary>Failures of a server or of the way to it, and not of this program.</summary>
    public static bool IsServers(Exception failure) =>
        failure is NpgsqlException or RespException or RabbitMQClientException or SocketException or IOException or TimeoutException;

    /// <summary>The messages of the whole chain: "Failed to connect to …: Connection refused".</summary>
    public static string Words(Exception failure)
    {
        var text = new StringBuilder();
        for (Exception? at = failure; at is not null; at = at is AggregateException { InnerExceptions: [.., var last] } ? last : at.InnerException)
        {
            if (at is not AggregateException && !text.ToString().Contains(at.Message.ReplaceLineEndings(" "), StringComparison.Ordinal))
            {
                text.Append(text.Length > 0 ? ": " : "").Append(at.Message.ReplaceLineEndings(" "));
            }
        }
        return text.ToString();
    }

    private DependencyException Failed(string words, bool timedOut, Exception cause)
    {
        host.Metrics.Count("cloud_dependency_errors_total", "dependency", name);
        host.Log.Error($"call to {name} failed: {words} ({address})", cause, ("dependency", name), ("address", address.ToString()));
        return new DependencyException(name, words, timedOut, cause);
    }
}

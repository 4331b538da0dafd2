using System.Globalization;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Logs;

namespace Quorate.Platforms.Docker;

/// <summary>Reads containers' logs: the newest lines, bounded in number and bytes.</summary>
internal sealed class ContainerLogs(EngineClient engine, DockerOptions options)
{
    private const int MaxTail = 10_000;
    private const long MaxReadBytes = 64 * 1024 * 1024;
    private const int BufferBytes = 32 * 1024;

    public async Task<IReadOnlyList<LogLine>> ReadAsync(
        string service, IReadOnlyList<ContainerInspection> containers, LogQuery query, CancellationToken cancellationToken)
    {
        var tail = Math.Clamp(query.Tail, 0, MaxTail);
        if (tail == 0)
        {
            return [];
        }

        var lines = new List<(DateTimeOffset At, RawLogLine Line)>();
        foreach (var container in containers)
        {
            var last = query.Since;
            foreach (var line in await ReadAsync(container, query.Since, tail, cancellationToken))
            {
                last = line.At ?? last;
                lines.Add((last, line));
            }
        }

        // OrderBy is stable: lines of one container keep their order.
        return [.. lines.OrderBy(l => l.At).TakeLast(tail).Select(l => LogLineParser.Parse(service, l.Line.Text, l.At))];
    }

    private Task<IReadOnlyList<RawLogLine>> ReadAsync(ContainerInspection container, DateTimeOffset since, int tail, CancellationToken cancellationToken)
    {
        var path = $"containers/{container.Id}/logs?stdout=1&stderr=1&timestamps=1&since={UnixSeconds(since)}&tail={tail}";
        return engine.StreamAsync(HttpMethod.Get, path, null, options.RequestTimeout, async (stream, token) =>
        {
            var frames = new LogFrames(container.Config.Tty);
            var buffer = new byte[BufferBytes];
            long total = 0;
            while (total < MaxReadBytes && await stream.ReadAsync(buffer, token) is > 0 and var count)
            {
                frames.Append(buffer.AsSpan(0, count));
                total += count;
            }

            return frames.Malformed
                ? throw new PlatformException($"Docker's log stream of {container.Service} is not in the API's frames", retryable: false)
                : frames.Finish();
        }, cancellationToken);
    }

    /// <summary>Seconds and nanoseconds since 1970, as the API takes them.</summary>
    internal static string UnixSeconds(DateTimeOffset time)
    {
        var ticks = Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks);
        return string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond * 100:000000000}");
    }
}

using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Docker;

/// <summary>Runs a program in a container through the Engine, without a shell.</summary>
internal sealed class ContainerExec(EngineClient engine, TimeProvider time)
{
    private const int MaxOutputBytes = 1024 * 1024;
    private const int BufferBytes = 16 * 1024;
    private const int ExitPolls = 50;
    private static readonly TimeSpan ExitPoll = TimeSpan.FromMilliseconds(20);

    public async Task<ExecOutcome> RunAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var exec = await engine.PostAsync<EngineId>($"containers/{containerId}/exec", new ExecRequest(command), cancellationToken);
        string output;
        try
        {
            output = await engine.StreamAsync(HttpMethod.Post, $"exec/{exec.Id}/start", new ExecStart(), timeout, ReadAsync, cancellationToken);
        }
        catch (PlatformException error) when (error.InnerException is OperationCanceledException)
        {
            // The Engine cannot end it, so it may still be at work: repeating would start a second one.
            throw new PlatformException($"'{command[0]}' did not end within {timeout.TotalSeconds:0.#} s", retryable: false, error);
        }

        for (var poll = 0; poll < ExitPolls; poll++)
        {
            var state = await engine.GetAsync<ExecInspection>($"exec/{exec.Id}/json", cancellationToken);
            if (!state.Running && state.ExitCode is { } exit)
            {
                return new ExecOutcome(exit, output);
            }

            await Task.Delay(ExitPoll, time, cancellationToken);
        }

        throw new PlatformException($"'{command[0]}' closed its output but did not end", retryable: false);
    }

    /// <summary>Reads to the end so that the program is never blocked; keeps the first <see cref="MaxOutputBytes"/>.</summary>
    private static async Task<string> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var kept = new MemoryStream();
        var header = new byte[8];
        var buffer = new byte[BufferBytes];
        while (await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken) == header.Length)
        {
            long left = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
            while (left > 0 && await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, BufferBytes)), cancellationToken) is > 0 and var count)
            {
                kept.Write(buffer, 0, (int)Math.Min(count, MaxOutputBytes - kept.Length));
                left -= count;
            }
        }

        var text = Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
        return string.Join('\n', text.Split('\n').Select(line => PlainText.Clean(line.TrimEnd('\r'), MaxOutputBytes)));
    }
}

using System.Buffers;

namespace Quorate.Models.Providers;

/// <summary>Reads a body to its end, but never without end.</summary>
internal static class BoundedBody
{
    private const int FirstSize = 4 * 1_024;

    /// <param name="body">What is left of it.</param>
    /// <param name="read">What has been read of it already.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="most">Bytes.</param>
    /// <exception cref="ModelException">Malformed: longer than that.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream body, ReadOnlyMemory<byte> read, CancellationToken cancellationToken, int most = OpenAiWire.MaxBodyBytes)
    {
        var buffer = new ArrayBufferWriter<byte>(Math.Max(FirstSize, read.Length));
        buffer.Write(read.Span);
        while (true)
        {
            var count = await body.ReadAsync(buffer.GetMemory(1), cancellationToken);
            if (count == 0)
            {
                return buffer.WrittenMemory;
            }

            buffer.Advance(count);
            if (buffer.WrittenCount > most)
            {
                throw new ModelException(ModelFailure.Malformed, $"the answer is longer than {most} bytes") { Status = 200 };
            }
        }
    }
}

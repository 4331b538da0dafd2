using System.Text;

namespace Quorate.Platforms.Processes;

/// <summary>Reads what a program writes.</summary>
internal static class BoundedReader
{
    /// <summary>Reads to the end, so that the program never blocks, and keeps what fits.</summary>
    /// <param name="reader">Of a stream of the program.</param>
    /// <param name="kept">Two streams may share one.</param>
    /// <param name="most">Characters kept.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task ReadAsync(StreamReader reader, StringBuilder kept, int most, CancellationToken cancellationToken)
    {
        var buffer = new char[16 * 1024];
        while (await reader.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            lock (kept)
            {
                kept.Append(buffer, 0, Math.Min(count, most - kept.Length));
            }
        }
    }
}

using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Quorate.Server.OpenAi;

/// <summary>A request's whole body in the connection's own buffers.</summary>
internal static class RequestBody
{
    /// <summary>What <paramref name="read"/> makes of the body, whose bytes are gone afterwards. Kestrel ends it with 413 at the limit of its size.</summary>
    public static async ValueTask<T> ReadAsync<T>(HttpContext context, Func<ReadOnlySequence<byte>, T> read)
    {
        var body = context.Request.BodyReader;
        while (true)
        {
            var result = await body.ReadAsync(context.RequestAborted);
            if (!result.IsCompleted)
            {
                body.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            try
            {
                return read(result.Buffer);
            }
            finally
            {
                body.AdvanceTo(result.Buffer.End);
            }
        }
    }
}

using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace Quorate.Transport.Tcp;

/// <summary>Questions beside the protocol, one answer from one replica: how far it is, or a certificate, which proves itself.</summary>
public sealed partial class TcpNode
{
    private const byte Ping = 0x80;
    private const byte Query = 0x81;
    private const byte QueryAnswer = 0x82;
    private const byte Attach = 0x83;
    private const int QueryHeader = 1 + 8;
    private const int MaxQuery = 4096;
    private const int MaxOpenQueries = 4096;

    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<byte[]>> queries = new();
    private Func<int, byte[], byte[]> onQuery = (_, _) => [];
    private ulong nextQuery;

    /// <summary>Answers questions from now on; called with the principal that asks and its question, at most 4096 bytes.</summary>
    public void OnQuery(Func<int, byte[], byte[]> handler) => Volatile.Write(ref onQuery, handler);

    /// <summary>Asks a connected replica; empty when it does not answer within the timeout or is not connected.</summary>
    public async Task<byte[]> QueryAsync(int replica, byte[] question, TimeSpan timeout, CancellationToken token = default)
    {
        if (!IsConnected(replica) || question.Length > MaxQuery || queries.Count >= MaxOpenQueries)
        {
            return [];
        }

        var id = Interlocked.Increment(ref nextQuery);
        var answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        queries[id] = answer;
        try
        {
            Send(replica, Frame(Query, id, question));
            Flush();
            return await answer.Task.WaitAsync(timeout, options.Time, token);
        }
        catch (TimeoutException)
        {
            return [];
        }
        finally
        {
            queries.TryRemove(id, out _);
        }
    }

    private bool OnControl(TcpLink link, ReadOnlySpan<byte> frame)
    {
        if (frame[0] == Ping)
        {
            return frame.Length == 1;
        }

        if (frame[0] == Attach)
        {
            return OnAttach(link, frame);
        }

        if (frame.Length < QueryHeader || frame[0] > QueryAnswer)
        {
            return false;
        }

        var id = BinaryPrimitives.ReadUInt64BigEndian(frame[1..]);
        var rest = frame[QueryHeader..];
        if (frame[0] == QueryAnswer)
        {
            if (queries.TryRemove(id, out var waiting))
            {
                waiting.TrySetResult(rest.ToArray());
            }

            return true;
        }

        if (rest.Length > MaxQuery)
        {
            return false;
        }

        Send(link.Peer, Frame(QueryAnswer, id, onQuery(link.Peer, rest.ToArray())));
        Flush();
        return true;
    }

    private static byte[] Frame(byte kind, ulong id, ReadOnlySpan<byte> content)
    {
        var frame = new byte[QueryHeader + content.Length];
        frame[0] = kind;
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(1), id);
        content.CopyTo(frame.AsSpan(QueryHeader));
        return frame;
    }
}

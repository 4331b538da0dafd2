using System.Net;
using System.Net.Sockets;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;

namespace Quorate.Transport.Tcp;

/// <summary>
/// The TCP links of one principal. Replicas listen; of two replicas the one with the higher number dials, and
/// clients dial every replica. A link that ends is dialled again with growing pauses. Several clients of one process
/// may share its links; each proves itself on each link.
/// </summary>
public sealed partial class TcpNode : ILinks, ILinkReader, IAsyncDisposable
{
    /// <summary>This thread hands in frames of this node: what they cause to be sent leaves together, afterwards.</summary>
    [ThreadStatic]
    private static TcpNode? reading;

    private readonly LinkIdentity identity;
    private readonly IReadOnlyList<LinkIdentity> attached;
    private readonly TcpOptions options;
    private readonly TcpLink?[] links;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> loops = [];
    private readonly ITimer keeper;
    private List<TcpLink> dirty = [];
    private List<TcpLink> flushing = [];
    private Action<int, Message, int> onMessage = (_, _, _) => { };
    private Action onRead = () => { };
    private Socket? listener;
    private int unauthenticated;
    private long dropped;
    private bool isDisposed;
    private long refused;
    private long malformed;
    private long closedSent;
    private long closedReceived;

    /// <param name="identity">Who listens and dials.</param>
    /// <param name="options">Bounds and times.</param>
    /// <param name="attached">Further clients of this process that use the same links.</param>
    public TcpNode(LinkIdentity identity, TcpOptions options, IReadOnlyList<LinkIdentity>? attached = null)
    {
        this.identity = identity;
        this.attached = attached ?? [];
        this.options = options;
        links = new TcpLink?[identity.Directory.Count];
        var period = options.IdleTimeout / 4;
        keeper = options.Time.CreateTimer(_ => Keep(), null, period, period);
    }

    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Connections that did not prove who they are, or were too many.</summary>
    public long Refused => Interlocked.Read(ref refused);

    /// <summary>Frames that are no message.</summary>
    public long Malformed => Interlocked.Read(ref malformed);

    public long BytesSent => Interlocked.Read(ref closedSent) + Own.Sum(link => link.BytesSent);

    public long BytesReceived => Interlocked.Read(ref closedReceived) + Own.Sum(link => link.BytesReceived);

    /// <summary>Where this node listens; null when it does not.</summary>
    public IPEndPoint? Address => listener?.LocalEndPoint as IPEndPoint;

    /// <summary>Principals connected now.</summary>
    public IReadOnlyList<int> Connected => [.. Enumerable.Range(0, links.Length).Where(IsConnected)];

    public bool IsConnected(int principal) => Volatile.Read(ref links[principal]) is not null;

    /// <summary>Takes messages from now on; both are called by the thread that reads the link.</summary>
    /// <param name="handler">Gets the principal that the link proved, the message and its size in bytes.</param>
    /// <param name="afterRead">Called when a number of messages that came together have been handed in.</param>
    public void OnMessage(Action<int, Message, int> handler, Action? afterRead = null)
    {
        Volatile.Write(ref onRead, afterRead ?? (() => { }));
        Volatile.Write(ref onMessage, handler);
    }

    /// <summary>Listens, as a replica.</summary>
    /// <exception cref="QuorateException">address_in_use, address_unusable.</exception>
    public void Listen(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
            socket.Listen(512);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw error.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? QuorateException.Input("address_in_use", $"{address} is in use by another process", "end it, or give this replica another address in the peers file", error)
                : QuorateException.Input("address_unusable", $"{address} cannot be listened on: {error.Message}", "an address of this machine is needed", error);
        }

        listener = socket;
        loops.Add(AcceptAsync(socket));
    }

    /// <summary>Keeps a link to a replica from now on.</summary>
    public void Dial(int peer, EndPoint address) => loops.Add(DialAsync(peer, address));

    public void Send(int to, Message message) => Send(to, message.Encoded);

    public void Flush()
    {
        if (reading == this)
        {
            return;
        }

        List<TcpLink> batch;
        lock (gate)
        {
            if (dirty.Count == 0)
            {
                return;
            }

            batch = dirty;
            dirty = flushing.Count == 0 ? flushing : [];
            foreach (var link in batch)
            {
                link.IsDirty = false;
            }
        }

        foreach (var link in batch)
        {
            link.Flush();
        }

        batch.Clear();
        lock (gate)
        {
            flushing = batch;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, true))
        {
            return;
        }

        await stopping.CancelAsync();
        await keeper.DisposeAsync();
        listener?.Dispose();
        foreach (var link in links)
        {
            link?.Dispose();
        }

        await Task.WhenAll(loops);
        stopping.Dispose();
    }

    private IEnumerable<TcpLink> Own => links.Where((link, i) => link?.Peer == i)!;

    private void Send(int to, ReadOnlySpan<byte> frame)
    {
        if ((uint)to >= (uint)links.Length || Volatile.Read(ref links[to]) is not { } link || !link.TrySend(frame))
        {
            Interlocked.Increment(ref dropped);
            return;
        }

        lock (gate)
        {
            if (!link.IsDirty)
            {
                link.IsDirty = true;
                dirty.Add(link);
            }
        }
    }

    void ILinkReader.Begin() => reading = this;

    void ILinkReader.End()
    {
        reading = null;
        onRead();
        Flush();
    }

    bool ILinkReader.Take(TcpLink link, ReadOnlySpan<byte> frame)
    {
        if (frame.Length > 0 && frame[0] >= Ping)
        {
            return OnControl(link, frame);
        }

        if (!MessageCodec.TryDecode(frame, out var message))
        {
            // Whoever sends this is authenticated: it is faulty, but the link is whole.
            Interlocked.Increment(ref malformed);
            return true;
        }

        var from = message is Request request && IsAttached(link, request.Client) ? request.Client : link.Peer;
        onMessage(from, message, frame.Length);
        return true;
    }

    private int MostOf(int peer) =>
        identity.Directory.Membership.IsReplica(peer) && identity.Directory.Membership.IsReplica(identity.Self) ? options.SendBytes : options.ClientBytes;
}

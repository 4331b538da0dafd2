using System.Buffers.Binary;

namespace Quorate.Transport.Tcp;

/// <summary>Several clients of one process on one link: what they ask and are told together travels together.</summary>
public sealed partial class TcpNode
{
    private const int AttachHeader = 1 + 4;

    private void AttachTo(TcpLink link)
    {
        foreach (var other in attached)
        {
            var signature = other.Crypto.Sign(LinkHandshake.Attachment(link.Transcript, other.Self));
            var frame = new byte[AttachHeader + signature.Length];
            frame[0] = Attach;
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), other.Self);
            signature.CopyTo(frame, AttachHeader);
            link.TrySend(frame);
        }

        link.Flush();
    }

    // A client that cannot prove itself ends the link for all that share it: their process sent it.
    private bool OnAttach(TcpLink link, ReadOnlySpan<byte> frame)
    {
        if (frame.Length < AttachHeader)
        {
            return false;
        }

        var client = BinaryPrimitives.ReadInt32BigEndian(frame[1..]);
        var membership = identity.Directory.Membership;
        if ((uint)client >= (uint)links.Length || membership.IsReplica(client) || membership.IsReplica(link.Peer)
            || !identity.Crypto.Verify(client, LinkHandshake.Attachment(link.Transcript, client), frame[AttachHeader..]))
        {
            return false;
        }

        Volatile.Write(ref links[client], link);
        return true;
    }

    private bool IsAttached(TcpLink link, int client) => (uint)client < (uint)links.Length && Volatile.Read(ref links[client]) == link;

    private void Detach(TcpLink link)
    {
        for (var i = 0; i < links.Length; i++)
        {
            if (i != link.Peer)
            {
                Interlocked.CompareExchange(ref links[i], null, link);
            }
        }
    }
}

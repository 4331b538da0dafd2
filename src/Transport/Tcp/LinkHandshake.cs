using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Transport.Tcp;

/// <summary>Who a process is on its links: a principal of the directory, with the key that signs for it.</summary>
public sealed record LinkIdentity(int Self, KeyDirectory Directory, IConsensusCrypto Crypto);

/// <summary>What a handshake gave: the peer and a key for each direction, or why not.</summary>
internal sealed record Handshaken(int Peer, byte[] SendKey, byte[] ReceiveKey, byte[] Transcript, string? Fault = null)
{
    internal static Handshaken Refused(string fault) => new(-1, [], [], [], fault);
}

/// <summary>
/// Mutual authentication in the manner of SIGMA (Krawczyk, CRYPTO '03): both sides sign fresh nonces, fresh ECDH
/// keys, both ids and the directory's hash; the session keys come out of the ECDH secret by HKDF (RFC 5869). A
/// recorded handshake is worthless, because the other side's nonce and key are new each time.
/// </summary>
internal static class LinkHandshake
{
    private const int NonceSize = 32;
    private const int HelloSize = 8 + Digest.Size + 4 + 4 + NonceSize + KeyDirectory.KeySize;
    private const int SignatureSize = 64;

    private static ReadOnlySpan<byte> Magic => "quorate1"u8;

    /// <summary>The side that dialled; it knows whom it wants.</summary>
    internal static async Task<Handshaken> DialAsync(Socket socket, LinkIdentity self, int peer, CancellationToken token)
    {
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var hello = Hello(self, peer, ephemeral);
        await SendAsync(socket, hello, token);
        var answer = await ReceiveAsync(socket, HelloSize + SignatureSize, token);
        var theirs = answer.AsMemory(0, HelloSize);
        if (Check(theirs.Span, self) is { } fault)
        {
            return Handshaken.Refused(fault);
        }

        if (Sender(theirs.Span) != peer)
        {
            return Handshaken.Refused("another principal answers at this address");
        }

        if (!self.Crypto.Verify(peer, Signed("acceptor"u8, hello, theirs.Span, []), answer.AsSpan(HelloSize)))
        {
            return Handshaken.Refused("the other side does not have its key");
        }

        await SendAsync(socket, self.Crypto.Sign(Signed("dialler"u8, hello, theirs.Span, answer.AsSpan(HelloSize))), token);
        return Derive(ephemeral, hello, theirs.Span, peer, dialled: true);
    }

    /// <summary>The side that was called; it learns who calls.</summary>
    internal static async Task<Handshaken> AcceptAsync(Socket socket, LinkIdentity self, CancellationToken token)
    {
        var theirs = await ReceiveAsync(socket, HelloSize, token);
        if (Check(theirs, self) is { } fault)
        {
            return Handshaken.Refused(fault);
        }

        var peer = Sender(theirs);
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var hello = Hello(self, peer, ephemeral);
        var signature = self.Crypto.Sign(Signed("acceptor"u8, theirs, hello, []));
        await SendAsync(socket, [.. hello, .. signature], token);
        var proof = await ReceiveAsync(socket, SignatureSize, token);
        return self.Crypto.Verify(peer, Signed("dialler"u8, theirs, hello, signature), proof)
            ? Derive(ephemeral, theirs, hello, peer, dialled: false)
            : Handshaken.Refused("the other side does not have its key");
    }

    /// <summary>What another principal of the dialling process signs to use the link too; worthless on any other link.</summary>
    internal static byte[] Attachment(ReadOnlySpan<byte> transcript, int principal)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, principal);
        return Signed("attached"u8, transcript, number, []);
    }

    private static byte[] Hello(LinkIdentity self, int to, ECDiffieHellman ephemeral)
    {
        var hello = new byte[HelloSize];
        Magic.CopyTo(hello);
        self.Directory.Hash.Write(hello.AsSpan(8));
        BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(40), self.Self);
        BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(44), to);
        RandomNumberGenerator.Fill(hello.AsSpan(48, NonceSize));
        var point = ephemeral.ExportParameters(false).Q;
        point.X!.CopyTo(hello, 80);
        point.Y!.CopyTo(hello, 112);
        return hello;
    }

    private static int Sender(ReadOnlySpan<byte> hello) => BinaryPrimitives.ReadInt32BigEndian(hello[40..]);

    private static string? Check(ReadOnlySpan<byte> hello, LinkIdentity self)
    {
        if (!hello[..8].SequenceEqual(Magic))
        {
            return "not this protocol";
        }

        if (Digest.Read(hello[8..]) != self.Directory.Hash)
        {
            return "a member of another group, or with other keys";
        }

        var (from, to) = (Sender(hello), BinaryPrimitives.ReadInt32BigEndian(hello[44..]));
        return (uint)from >= (uint)self.Directory.Count || from == self.Self || to != self.Self ? "ids that do not fit" : null;
    }

    private static byte[] Signed(ReadOnlySpan<byte> role, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> more) =>
        [.. "quorate/link/v1\0"u8, .. role, 0, .. first, .. second, .. more];

    private static Handshaken Derive(ECDiffieHellman own, ReadOnlySpan<byte> dialler, ReadOnlySpan<byte> acceptor, int peer, bool dialled)
    {
        var theirs = (dialled ? acceptor : dialler)[80..];
        try
        {
            using var other = ECDiffieHellman.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = theirs[..32].ToArray(), Y = theirs[32..64].ToArray() },
            });
            var secret = own.DeriveRawSecretAgreement(other.PublicKey);
            byte[] transcript = [.. dialler, .. acceptor];
            var salt = SHA256.HashData(transcript);
            var forth = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, salt, "quorate/link/v1 dialler"u8.ToArray());
            var back = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, salt, "quorate/link/v1 acceptor"u8.ToArray());
            CryptographicOperations.ZeroMemory(secret);
            return dialled ? new Handshaken(peer, forth, back, salt) : new Handshaken(peer, back, forth, salt);
        }
        catch (CryptographicException)
        {
            return Handshaken.Refused("a point that is not on the curve");
        }
    }

    private static async Task SendAsync(Socket socket, byte[] bytes, CancellationToken token)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), token);
        }
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int size, CancellationToken token)
    {
        var bytes = new byte[size];
        for (var read = 0; read < size;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(read), token);
            read += more > 0 ? more : throw new SocketException((int)SocketError.ConnectionReset);
        }

        return bytes;
    }
}

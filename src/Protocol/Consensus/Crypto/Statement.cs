using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Quorate.Protocol.Consensus.Crypto;

/// <summary>What a signature is about; the number is part of what is signed.</summary>
public enum StatementKind : byte
{
    Request = 1,
    PrePrepare = 2,
    Prepare = 3,
    Commit = 4,
    Checkpoint = 5,
    ViewChange = 6,
    NewView = 7,
    Opinion = 8,
}

/// <summary>
/// The bytes that get signed. Protocol version, kind and the key directory's hash separate the domains, so a
/// signature made for one meaning, one view, one sequence number or one group of keys is worthless for any other.
/// </summary>
/// <param name="Kind">What the signer says.</param>
/// <param name="View">View; for a request the client's number.</param>
/// <param name="Sequence">Sequence number; for a request the client's own.</param>
/// <param name="Subject">Digest of the question that an opinion answers; zero otherwise.</param>
/// <param name="Digest">Digest of what is said about the slot named by the other fields.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Statement(StatementKind Kind, ulong View, ulong Sequence, Digest Subject, Digest Digest)
{
    /// <summary>Bytes of an encoded statement.</summary>
    public const int Size = 16 + 1 + Digest.Size + 8 + 8 + Digest.Size + Digest.Size;

    private static ReadOnlySpan<byte> Domain => "quorate/pbft/v1\0"u8;

    public Statement(StatementKind kind, ulong view, ulong sequence, Digest digest)
        : this(kind, view, sequence, default, digest)
    {
    }

    /// <summary>True when both speak about the same slot and say different things.</summary>
    public bool Contradicts(in Statement other) =>
        Kind == other.Kind && View == other.View && Sequence == other.Sequence && Subject == other.Subject && Digest != other.Digest;

    /// <summary>Writes <see cref="Size"/> bytes.</summary>
    public void Write(Digest directory, Span<byte> bytes)
    {
        Domain.CopyTo(bytes);
        bytes[16] = (byte)Kind;
        directory.Write(bytes[17..]);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[49..], View);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[57..], Sequence);
        Subject.Write(bytes[65..]);
        Digest.Write(bytes[97..]);
    }

    public byte[] Sign(IConsensusCrypto crypto, Digest directory)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(directory, bytes);
        return crypto.Sign(bytes);
    }

    public bool Verify(IConsensusCrypto crypto, Digest directory, int signer, ReadOnlySpan<byte> signature)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(directory, bytes);
        return crypto.Verify(signer, bytes, signature);
    }
}

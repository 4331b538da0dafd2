using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts.Provenance;

namespace Quorate.Protocol.Provenance;

/// <summary>
/// How entries are linked: an entry's hash is SHA-256 over a domain tag and its fields, each of fixed size or with its
/// length before it, so that no two different entries have the same bytes. Among them is the hash of the entry before.
/// </summary>
public static class LedgerChain
{
    /// <summary>The previous hash of the first entry.</summary>
    public const string GenesisHash = "0000000000000000000000000000000000000000000000000000000000000000";

    private static ReadOnlySpan<byte> EntryDomain => "quorate/ledger-entry/v1\n"u8;

    private static ReadOnlySpan<byte> CheckpointDomain => "quorate/ledger-checkpoint/v1\n"u8;

    /// <summary>The link after (<paramref name="prevSeq"/>, <paramref name="prevHash"/>); the time is cut to microseconds, UTC.</summary>
    /// <param name="prevSeq">0 before the first entry.</param>
    /// <param name="prevHash">Its hash, or <see cref="GenesisHash"/>.</param>
    /// <param name="at">When it is appended.</param>
    /// <param name="draft">Kind, subject and decision tag.</param>
    /// <param name="payload">The draft's payload in canonical form.</param>
    public static LedgerEntry Next(long prevSeq, string prevHash, DateTimeOffset at, LedgerDraft draft, string payload)
    {
        var entry = new LedgerEntry
        {
            Seq = prevSeq + 1,
            At = LedgerTime.FromMicros(LedgerTime.ToMicros(at)),
            Kind = draft.Kind,
            Subject = draft.Subject,
            DecisionTag = draft.DecisionTag,
            Payload = payload,
            PrevHash = prevHash,
            Hash = string.Empty,
        };
        return entry with { Hash = Hash(entry) };
    }

    /// <summary>Lower-case hex of the entry's hash; <see cref="LedgerEntry.Hash"/> itself does not take part.</summary>
    public static string Hash(LedgerEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(LedgerEntryBytes.From(entry), buffer, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>As above without strings. <paramref name="buffer"/> is overwritten; <paramref name="hash"/> takes 32 bytes.</summary>
    internal static void Hash(in LedgerEntryBytes entry, ArrayBufferWriter<byte> buffer, Span<byte> hash)
    {
        buffer.ResetWrittenCount();
        buffer.Write(EntryDomain);
        Write(buffer, entry.Seq);
        Write(buffer, entry.AtMicros);
        var tag = buffer.GetSpan(1);
        tag[0] = entry.DecisionTag switch { null => 0, DecisionTag.LlmDecision => 1, _ => 2 };
        buffer.Advance(1);
        Write(buffer, entry.Kind);
        Write(buffer, entry.Subject);
        Write(buffer, entry.Payload);
        Write(buffer, entry.PrevHash);
        SHA256.HashData(buffer.WrittenSpan, hash);
    }

    /// <summary>The bytes that a checkpoint's signature covers.</summary>
    public static byte[] CheckpointMessage(long seq, string hash, DateTimeOffset at, string keyId)
    {
        var buffer = new ArrayBufferWriter<byte>(192);
        buffer.Write(CheckpointDomain);
        Write(buffer, seq);
        Write(buffer, LedgerTime.ToMicros(at));
        Write(buffer, Encoding.UTF8.GetBytes(hash));
        Write(buffer, Encoding.UTF8.GetBytes(keyId));
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> buffer, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(sizeof(long)), value);
        buffer.Advance(sizeof(long));
    }

    private static void Write(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(sizeof(int)), bytes.Length);
        buffer.Advance(sizeof(int));
        buffer.Write(bytes);
    }
}

/// <summary>An entry as UTF-8 bytes, as a store or file holds it, so that verifying makes no strings.</summary>
public readonly ref struct LedgerEntryBytes
{
    public required long Seq { get; init; }

    /// <summary>Microseconds since 1970-01-01 UTC.</summary>
    public required long AtMicros { get; init; }
    public required ReadOnlySpan<byte> Kind { get; init; }
    public required ReadOnlySpan<byte> Subject { get; init; }
    public DecisionTag? DecisionTag { get; init; }
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Lower-case hex, as stored.</summary>
    public required ReadOnlySpan<byte> PrevHash { get; init; }

    /// <summary>Lower-case hex, as stored.</summary>
    public required ReadOnlySpan<byte> Hash { get; init; }

    public static LedgerEntryBytes From(LedgerEntry entry) => new()
    {
        Seq = entry.Seq,
        AtMicros = LedgerTime.ToMicros(entry.At),
        Kind = Encoding.UTF8.GetBytes(entry.Kind),
        Subject = Encoding.UTF8.GetBytes(entry.Subject),
        DecisionTag = entry.DecisionTag,
        Payload = Encoding.UTF8.GetBytes(entry.Payload),
        PrevHash = Encoding.UTF8.GetBytes(entry.PrevHash),
        Hash = Encoding.UTF8.GetBytes(entry.Hash),
    };
}

/// <summary>The ledger's time: whole microseconds, UTC.</summary>
public static class LedgerTime
{
    /// <summary>Microseconds since 1970-01-01 UTC, rounded down.</summary>
    public static long ToMicros(DateTimeOffset at) =>
        (at.UtcTicks / TimeSpan.TicksPerMicrosecond) - (DateTimeOffset.UnixEpoch.UtcTicks / TimeSpan.TicksPerMicrosecond);

    public static DateTimeOffset FromMicros(long micros) => DateTimeOffset.UnixEpoch.AddTicks(checked(micros * TimeSpan.TicksPerMicrosecond));
}

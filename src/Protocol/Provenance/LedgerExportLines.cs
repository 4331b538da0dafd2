using System.Buffers;
using System.Text;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;

namespace Quorate.Protocol.Provenance;

/// <summary>First line of an export: who wrote it, and the public keys that its checkpoints are checked with.</summary>
public sealed record LedgerExportHeader
{
    public const string FormatName = "quorate-ledger";
    public const int FormatVersion = 1;

    public required string Format { get; init; }
    public required int Version { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The key that signs this header and the seal.</summary>
    public required string KeyId { get; init; }

    /// <summary>SubjectPublicKeyInfo in base64 by key id.</summary>
    public required IReadOnlyDictionary<string, string> Keys { get; init; }
    public required string Signature { get; init; }
}

/// <summary>Last line of an export: SHA-256 of every byte before it, signed.</summary>
public sealed record LedgerExportSeal
{
    public required long Entries { get; init; }
    public required long Checkpoints { get; init; }

    /// <summary>Lines before this one.</summary>
    public required long Lines { get; init; }
    public required string Sha256 { get; init; }
    public required string KeyId { get; init; }
    public required string Signature { get; init; }
}

/// <summary>A line that is not an entry has exactly one of these members.</summary>
internal sealed record LedgerExportFrame
{
    public LedgerExportHeader? Header { get; init; }
    public LedgerCheckpoint? Checkpoint { get; init; }

    /// <summary>The number of a checkpoint's line.</summary>
    public long? Line { get; init; }
    public LedgerExportSeal? Seal { get; init; }
}

/// <summary>The one way each line of an export is written; a reader refuses every other way.</summary>
public static class LedgerExportLines
{
    internal const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public static byte[] Write(LedgerExportHeader header) => Write(new LedgerExportFrame { Header = header });

    public static byte[] Write(LedgerCheckpoint checkpoint, long line) => Write(new LedgerExportFrame { Checkpoint = checkpoint, Line = line });

    public static byte[] Write(LedgerExportSeal seal) => Write(new LedgerExportFrame { Seal = seal });

    internal static byte[] Write(LedgerExportFrame frame) => CanonicalJson.ToBytes(QuorateJson.ToElement(frame));

    /// <summary>Canonical JSON with the payload nested as it was hashed, so that no reader has to parse it.</summary>
    public static void Write(IBufferWriter<byte> output, LedgerEntry entry, long line)
    {
        output.Write("{\"at\":\""u8);
        Ascii(output, entry.At.UtcDateTime.ToString(TimeFormat));
        if (LedgerTags.Format(entry.DecisionTag) is { } tag)
        {
            output.Write("\",\"decision_tag\":\""u8);
            Ascii(output, tag);
        }

        output.Write("\",\"hash\":\""u8);
        Ascii(output, entry.Hash);
        output.Write("\",\"kind\":"u8);
        CanonicalJson.WriteString(output, entry.Kind);
        output.Write(",\"line\":"u8);
        CanonicalJson.WriteInteger(output, line);
        output.Write(",\"payload\":"u8);
        Encoding.UTF8.GetBytes(entry.Payload, output);
        output.Write(",\"prev_hash\":\""u8);
        Ascii(output, entry.PrevHash);
        output.Write("\",\"seq\":"u8);
        CanonicalJson.WriteInteger(output, entry.Seq);
        output.Write(",\"subject\":"u8);
        CanonicalJson.WriteString(output, entry.Subject);
        output.Write("}"u8);
    }

    /// <summary>The bytes that a header's signature covers: all of it but the signature.</summary>
    public static byte[] Message(LedgerExportHeader header) =>
        [.. "quorate/ledger-export-header/v1\n"u8, .. CanonicalJson.ToBytes(QuorateJson.ToElement(header with { Signature = string.Empty }))];

    /// <summary>The bytes that a seal's signature covers: all of it but the signature.</summary>
    public static byte[] Message(LedgerExportSeal seal) =>
        [.. "quorate/ledger-export-seal/v1\n"u8, .. CanonicalJson.ToBytes(QuorateJson.ToElement(seal with { Signature = string.Empty }))];

    /// <summary>Null when the line is not one of ours, written as we write it.</summary>
    internal static LedgerExportFrame? ReadFrame(ReadOnlySpan<byte> line)
    {
        try
        {
            var frame = JsonSerializer.Deserialize<LedgerExportFrame>(line, QuorateJson.Options);
            return frame is not null && Write(frame).AsSpan().SequenceEqual(line) ? frame : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Ascii(IBufferWriter<byte> output, string text) => Encoding.ASCII.GetBytes(text, output);
}

using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Quorate.Protocol.Consensus;

/// <summary>
/// A certificate as text: its canonical bytes in PEM (RFC 7468), label <c>QUORATE CERTIFICATE</c>. Each certificate
/// has exactly one text, and only that one is read: no other spacing, line length, spelling or addition.
/// </summary>
public static class CertificateText
{
    /// <summary>Bytes of a text at most: room for the largest item and for every replica's signature.</summary>
    public const int MaxBytes = 6 << 20;

    private const string Begin = "-----BEGIN QUORATE CERTIFICATE-----\n";
    private const string End = "-----END QUORATE CERTIFICATE-----\n";
    private const int LineLength = 64;

    public static string Write(QuorumCertificate certificate)
    {
        var base64 = Convert.ToBase64String(certificate.Encode());
        var text = new StringBuilder(Begin, base64.Length + (base64.Length / LineLength) + 128);
        for (var i = 0; i < base64.Length; i += LineLength)
        {
            text.Append(base64, i, Math.Min(LineLength, base64.Length - i)).Append('\n');
        }

        return text.Append(End).ToString();
    }

    /// <summary>Null when the bytes are the text of a certificate, otherwise why not; never throws. Signatures are not looked at.</summary>
    public static string? Read(ReadOnlySpan<byte> text, out QuorumCertificate? certificate)
    {
        certificate = null;
        if (text.Length > MaxBytes)
        {
            return $"longer than {MaxBytes} bytes";
        }

        if (!text.StartsWith("-----BEGIN QUORATE CERTIFICATE-----\n"u8))
        {
            return $"it does not begin with {Begin.TrimEnd()}";
        }

        if (!text.EndsWith("-----END QUORATE CERTIFICATE-----\n"u8) || text.Length < Begin.Length + End.Length)
        {
            return $"cut off: it does not end with {End.TrimEnd()}";
        }

        return TryDecode(text[Begin.Length..^End.Length], out certificate) && Encoding.ASCII.GetBytes(Write(certificate)).AsSpan().SequenceEqual(text)
            ? null
            : Refuse(out certificate);
    }

    private static string Refuse(out QuorumCertificate? certificate)
    {
        certificate = null;
        return "damaged: these bytes are no certificate as Quorate writes it";
    }

    private static bool TryDecode(ReadOnlySpan<byte> lines, [NotNullWhen(true)] out QuorumCertificate? certificate)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(lines.Length)];
        certificate = null;
        return Base64.DecodeFromUtf8(lines, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            && QuorumCertificate.TryDecode(bytes.AsSpan(0, written), out certificate);
    }
}

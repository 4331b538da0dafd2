using System.Security.Cryptography;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;

namespace Quorate.Protocol.Provenance;

/// <summary>Seals a task in its envelope: HMAC-SHA256 (RFC 2104) over the canonical body (RFC 8785).</summary>
public static class EnvelopeSealer
{
    /// <summary>Bytes of an HMAC key.</summary>
    public const int KeyLength = 32;

    /// <param name="body">What is sealed.</param>
    /// <param name="keyVersion">The version of <paramref name="key"/>, 1 or more.</param>
    /// <param name="key"><see cref="KeyLength"/> bytes.</param>
    public static Envelope Seal(EnvelopeBody body, int keyVersion, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keyVersion, 1);
        return new Envelope { Body = body, KeyVersion = keyVersion, Hmac = Hmac(body, key), Seq = body.Seq };
    }

    /// <summary>SHA-256 of the canonical whole envelope in lower-case hex: the envelope's hash and an effect's idempotency key.</summary>
    public static string Hash(Envelope envelope) =>
        Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.ToBytes(QuorateJson.ToElement(envelope))));

    /// <exception cref="JsonException">An argument of the task has no canonical form.</exception>
    internal static string Hmac(EnvelopeBody body, ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyLength)
        {
            throw new ArgumentException($"the key has {key.Length} bytes; it must have {KeyLength}", nameof(key));
        }

        return Convert.ToHexStringLower(HMACSHA256.HashData(key, CanonicalJson.ToBytes(QuorateJson.ToElement(body))));
    }
}

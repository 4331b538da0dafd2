using System.Security.Cryptography;

namespace Quorate.Protocol.Provenance;

/// <summary>Public keys by id, for checking ECDSA P-256 signatures (SHA-256, IEEE P1363 form). Not thread-safe.</summary>
public sealed class SigningKeys : IDisposable
{
    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);

    public IEnumerable<string> Ids => _keys.Keys;

    /// <summary>First 16 lower-case hex digits of SHA-256 of the SubjectPublicKeyInfo.</summary>
    public static string IdOf(ReadOnlySpan<byte> publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey))[..16];

    /// <summary>False when the bytes are not exactly one P-256 key, or <paramref name="id"/> is not that key's id.</summary>
    public bool TryAdd(string id, ReadOnlySpan<byte> publicKey)
    {
        if (!string.Equals(IdOf(publicKey), id, StringComparison.Ordinal))
        {
            return false;
        }

        if (_keys.ContainsKey(id))
        {
            return true;
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(publicKey, out var read);
            if (read == publicKey.Length && key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == P256)
            {
                _keys.Add(id, key);
                return true;
            }
        }
        catch (CryptographicException)
        {
            // Not a key: the answer is false, as for a key of another kind.
        }

        key.Dispose();
        return false;
    }

    public bool Contains(string id) => _keys.ContainsKey(id);

    /// <summary>Checks a base64 signature; text that is not the one base64 form of its bytes is refused.</summary>
    public bool Verify(string id, ReadOnlySpan<byte> message, string signature)
    {
        if (!_keys.TryGetValue(id, out var key))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[64];
        return signature.Length == 88
            && Convert.TryFromBase64String(signature, bytes, out var length)
            && length == bytes.Length
            && string.Equals(Convert.ToBase64String(bytes), signature, StringComparison.Ordinal)
            && key.VerifyData(message, bytes, HashAlgorithmName.SHA256);
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }
}

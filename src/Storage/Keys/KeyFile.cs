using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Keys;

/// <summary>How the key that encrypts a file is derived: <c>pbkdf2-sha256</c> from a passphrase or <c>hkdf-sha256</c> from the machine's secret.</summary>
internal sealed record KeyDerivation(string Name, int Iterations, byte[] Salt);

/// <summary>A secret under AES-256-GCM (NIST SP 800-38D): 12-byte nonce, 16-byte tag.</summary>
internal sealed record SealedKey(string KeyId, byte[] Nonce, byte[] Ciphertext, byte[] Tag)
{
    private const int NonceLength = 12;
    private const int TagLength = 16;

    public static SealedKey Encrypt(string keyId, byte[] secret, byte[] fileKey, byte[] associatedData)
    {
        var box = new SealedKey(keyId, RandomNumberGenerator.GetBytes(NonceLength), new byte[secret.Length], new byte[TagLength]);
        using var aes = new AesGcm(fileKey, TagLength);
        aes.Encrypt(box.Nonce, secret, box.Ciphertext, box.Tag, associatedData);
        return box;
    }

    /// <exception cref="CryptographicException">Another key sealed it, or a field was altered.</exception>
    public static byte[] Decrypt(SealedKey? box, string purpose, byte[] fileKey, byte[] associatedData)
    {
        if (box is not { Nonce.Length: NonceLength, Tag.Length: TagLength, Ciphertext: not null })
        {
            throw new CryptographicException($"the {purpose} key is missing or out of form");
        }

        var secret = new byte[box.Ciphertext.Length];
        using var aes = new AesGcm(fileKey, TagLength);
        aes.Decrypt(box.Nonce, box.Ciphertext, box.Tag, secret, associatedData);
        return secret;
    }
}

/// <summary>One version of the keys as the file <c>key-0001.json</c> holds it: one file, so that a version exists whole or not at all.</summary>
internal sealed record KeyFile
{
    public const string HmacPurpose = "envelope_hmac";
    public const string SigningPurpose = "ledger_signing";

    public required int Version { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required KeyDerivation Derivation { get; init; }
    public SealedKey? Hmac { get; init; }
    public SealedKey? Signing { get; init; }

    public static string NameOf(int version) => $"key-{version:0000}.json";

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, QuorateJson.Indented);

    /// <summary>The same file with both secrets encrypted.</summary>
    public KeyFile Seal(KeyPairSecrets secrets, byte[] fileKey) => this with
    {
        Hmac = Encrypt(HmacPurpose, secrets.HmacKeyId, secrets.Hmac, fileKey),
        Signing = Encrypt(SigningPurpose, secrets.SigningKeyId, secrets.Signing.ExportPkcs8PrivateKey(), fileKey),
    };

    /// <exception cref="CryptographicException">Another key sealed it, or a field was altered.</exception>
    public KeyPairSecrets Unseal(byte[] fileKey)
    {
        var signing = ECDsa.Create();
        signing.ImportPkcs8PrivateKey(Decrypt(SigningPurpose, Signing, fileKey), out _);
        return new KeyPairSecrets(Decrypt(HmacPurpose, Hmac, fileKey), signing);
    }

    private SealedKey Encrypt(string purpose, string keyId, byte[] secret, byte[] fileKey) =>
        SealedKey.Encrypt(keyId, secret, fileKey, AssociatedData(purpose, keyId));

    private byte[] Decrypt(string purpose, SealedKey? box, byte[] fileKey) =>
        SealedKey.Decrypt(box, purpose, fileKey, AssociatedData(purpose, box?.KeyId ?? string.Empty));

    // Everything in clear is bound to the secret, so that no field, and no whole file under another name, can be swapped.
    private byte[] AssociatedData(string purpose, string keyId) => CanonicalJson.ToBytes(QuorateJson.ToElement(new
    {
        file = NameOf(Version),
        version = Version,
        purpose,
        key_id = keyId,
        created_at = CreatedAt,
        derivation = Derivation,
    }));
}

/// <summary>The two secrets of one version. HmacKeyId says nothing of the key: it is an HMAC under it.</summary>
internal sealed record KeyPairSecrets(byte[] Hmac, ECDsa Signing)
{
    public string HmacKeyId { get; } = Convert.ToHexStringLower(HMACSHA256.HashData(Hmac, Encoding.ASCII.GetBytes("quorate/key-id/v1")))[..16];

    public byte[] PublicKey { get; } = Signing.ExportSubjectPublicKeyInfo();

    public string SigningKeyId => SigningKeys.IdOf(PublicKey);

    public static KeyPairSecrets Create() =>
        new(RandomNumberGenerator.GetBytes(EnvelopeSealer.KeyLength), ECDsa.Create(ECCurve.NamedCurves.nistP256));
}

using System.Security.Cryptography;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Keys;

/// <summary>The private key of one agent as <c>ID.key.json</c> holds it: ECDSA P-256 (PKCS#8) under AES-256-GCM.</summary>
internal sealed record GroupKeyFile
{
    public const string Pattern = "*.key.json";
    private const string Purpose = "consensus_signing";
    private const int MaxBytes = 64 << 10;

    public required string Group { get; init; }
    public required string Id { get; init; }
    public required KeyDerivation Derivation { get; init; }
    public SealedKey? Key { get; init; }

    public static string NameOf(string id) => $"{id}.key.json";

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, QuorateJson.Indented);

    public GroupKeyFile Seal(ECDsa key, byte[] fileKey)
    {
        var id = SigningKeys.IdOf(key.ExportSubjectPublicKeyInfo());
        var secret = key.ExportPkcs8PrivateKey();
        try
        {
            return this with { Key = SealedKey.Encrypt(id, secret, fileKey, AssociatedData(id)) };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Reads a file that its owner alone can read; its form is checked, its secret not yet.</summary>
    /// <exception cref="QuorateException">group_key_missing, key_file_exposed, key_file_damaged.</exception>
    public static GroupKeyFile Read(string path)
    {
        if (!File.Exists(path))
        {
            throw QuorateException.Missing("group_key_missing", $"the private key {path} does not exist", "quorate keys generate --peers FILE makes keys; a key made elsewhere must be copied here");
        }

        PrivateFiles.Check(path);
        try
        {
            var bytes = BoundedFile.Read(path, MaxBytes);
            var file = bytes.Length <= MaxBytes ? JsonSerializer.Deserialize<GroupKeyFile>(bytes, QuorateJson.Options) : null;
            return file is { Derivation: { Salt: not null, Name: not null }, Key: { KeyId: not null } }
                && NameOf(file.Id) == Path.GetFileName(path) && file.ToBytes().AsSpan().SequenceEqual(bytes)
                ? file
                : throw new CryptographicException("it is not as it was written");
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            throw Damaged(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("group_key_missing", $"the private key {path} cannot be read: {e.Message}", inner: e);
        }
    }

    /// <exception cref="QuorateException">passphrase_wrong, passphrase_needed, key_file_damaged.</exception>
    public ECDsa Unseal(FileKeyProtector protector, string path)
    {
        try
        {
            var secret = SealedKey.Decrypt(Key, Purpose, protector.Derive(Derivation, path), AssociatedData(Key!.KeyId));
            var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(secret, out _);
            CryptographicOperations.ZeroMemory(secret);
            return key;
        }
        catch (AuthenticationTagMismatchException e) when (Derivation.Iterations > 0)
        {
            throw QuorateException.Input("passphrase_wrong", $"{path} does not open with this passphrase", $"check {FileKeyRing.PassphraseVariable}; if it is right, the file was altered: restore it from a backup", e);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Damaged(path, e);
        }
    }

    private static QuorateException Damaged(string path, Exception e) =>
        QuorateException.Missing("key_file_damaged", $"{path} is damaged or was altered: {e.Message}", "restore it from a backup", e);

    // Everything in clear is bound to the secret, so that no agent's file can pass for another's.
    private byte[] AssociatedData(string keyId) => CanonicalJson.ToBytes(QuorateJson.ToElement(new
    {
        file = NameOf(Id),
        group = Group,
        purpose = Purpose,
        key_id = keyId,
        derivation = Derivation,
    }));
}

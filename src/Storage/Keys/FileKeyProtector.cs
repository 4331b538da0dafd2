using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts;

namespace Quorate.Storage.Keys;

/// <summary>Derives the keys that encrypt key files: from the passphrase (PBKDF2, RFC 8018) or the machine's secret (HKDF, RFC 5869).</summary>
internal sealed class FileKeyProtector(string folder, string? passphrase, string keyFiles = "key-*.json")
{
    public const string SecretFile = "machine.secret";
    private const string Pbkdf2 = "pbkdf2-sha256";
    private const string Hkdf = "hkdf-sha256";
    private const int Iterations = 600_000;
    private const int MaxIterations = 10_000_000;
    private const int KeyLength = 32;
    private const int SaltLength = 16;

    private readonly Dictionary<string, byte[]> _derived = new(StringComparer.Ordinal);

    /// <summary>For a new file. The salt of an earlier file of the same kind is kept, so that the passphrase is stretched once.</summary>
    public KeyDerivation Choose(KeyDerivation? earlier)
    {
        var name = passphrase is null ? Hkdf : Pbkdf2;
        return earlier?.Name == name && earlier.Iterations == (passphrase is null ? 0 : Iterations)
            ? earlier
            : new KeyDerivation(name, passphrase is null ? 0 : Iterations, RandomNumberGenerator.GetBytes(SaltLength));
    }

    public byte[] Derive(KeyDerivation derivation, string file)
    {
        var cacheKey = $"{derivation.Name} {derivation.Iterations} {Convert.ToHexString(derivation.Salt)}";
        if (!_derived.TryGetValue(cacheKey, out var key))
        {
            _derived[cacheKey] = key = DeriveNew(derivation, file);
        }

        return key;
    }

    private byte[] DeriveNew(KeyDerivation derivation, string file)
    {
        switch (derivation)
        {
            case { Name: Hkdf }:
                return HKDF.DeriveKey(HashAlgorithmName.SHA256, MachineSecret(), KeyLength, derivation.Salt, "quorate/key-file/v1"u8.ToArray());
            case { Name: Pbkdf2, Iterations: >= 1 and <= MaxIterations }:
                var text = passphrase ?? throw QuorateException.Missing(
                    "passphrase_needed", $"{file} is encrypted with a passphrase and none is given", $"set {FileKeyRing.PassphraseVariable}");
                return Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(text), derivation.Salt, derivation.Iterations, HashAlgorithmName.SHA256, KeyLength);
            default:
                throw new CryptographicException($"the derivation {derivation.Name} with {derivation.Iterations} iterations is unknown");
        }
    }

    private byte[] MachineSecret()
    {
        var path = Path.Combine(folder, SecretFile);
        if (!File.Exists(path))
        {
            // Looked at again, as the secret is always made before the first key file, perhaps by another process just now.
            if (Directory.EnumerateFiles(folder, keyFiles).Any() && !File.Exists(path))
            {
                throw QuorateException.Missing(
                    "machine_secret_missing", $"{path} is missing, and the keys beside it are encrypted with it", "restore it from a backup, or move the folder away to start with new keys");
            }

            DurableFile.TryCreate(path, RandomNumberGenerator.GetBytes(KeyLength));
        }

        PrivateFiles.Check(path);
        var secret = File.ReadAllBytes(path);
        return secret.Length == KeyLength
            ? secret
            : throw QuorateException.Missing("machine_secret_damaged", $"{path} has {secret.Length} bytes; it must have {KeyLength}", "restore it from a backup");
    }
}

/// <summary>Refuses secrets that others can read.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static void Check(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
        {
            throw QuorateException.Missing("key_file_exposed", $"{path} can be used by others than its owner", $"chmod 600 '{path}'; if someone may have read it, rotate the keys");
        }
    }
}

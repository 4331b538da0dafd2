using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Keys;

/// <summary>Public keys (PEM) that someone was given, to check an export with.</summary>
public static class PublicKeyFolder
{
    private const int MaxFiles = 10_000;
    private const int MaxBytes = 64 * 1024;

    /// <summary>SubjectPublicKeyInfo by key id, of every <c>*.pem</c> file of the folder.</summary>
    /// <exception cref="QuorateException">The folder is missing or empty, or a file holds no P-256 public key.</exception>
    public static IReadOnlyDictionary<string, byte[]> Load(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw QuorateException.Input("keys_folder_missing", $"the key folder {folder} does not exist", "name a folder with .pem files");
        }

        using var checker = new SigningKeys();
        var keys = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder, "*.pem").Take(MaxFiles))
        {
            var key = Read(file);
            var id = SigningKeys.IdOf(key);
            if (!checker.TryAdd(id, key))
            {
                throw QuorateException.Input("key_invalid", $"{file} holds no P-256 public key");
            }

            keys[id] = key;
        }

        return keys.Count > 0 ? keys : throw QuorateException.Input("keys_folder_empty", $"the key folder {folder} has no .pem file");
    }

    /// <summary>SubjectPublicKeyInfo of one file.</summary>
    internal static byte[] Read(string file)
    {
        var text = new FileInfo(file).Length <= MaxBytes ? File.ReadAllText(file) : string.Empty;
        return PemEncoding.TryFind(text, out var fields) && text[fields.Label] == "PUBLIC KEY"
            ? Convert.FromBase64String(text[fields.Base64Data])
            : throw QuorateException.Input("key_invalid", $"{file} holds no public key", "a file that starts with -----BEGIN PUBLIC KEY-----");
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Engine.Ports;

namespace Quorate.Storage.Keys;

/// <summary>What may be shown of a key. Purpose: <c>envelope_hmac</c> or <c>ledger_signing</c>.</summary>
public sealed record KeyInfo(int Version, DateTimeOffset CreatedAt, bool Current, string Purpose, string KeyId);

/// <summary>
/// Keys in a folder: a file for each version with the HMAC key and the ECDSA P-256 key, encrypted with AES-256-GCM, and
/// the public keys in clear (PEM) in <c>public/</c> for others to check exports with. Thread-safe; processes may share it.
/// </summary>
public sealed class FileKeyRing : IKeyRing, IDisposable
{
    /// <summary>The environment variable that holds the passphrase; without it the folder's machine secret is used.</summary>
    public const string PassphraseVariable = "QUORATE_PASSPHRASE";

    /// <summary>Versions a folder may hold.</summary>
    public const int MaxVersions = 9_999;

    private const int MaxRaces = 16;

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly FileKeyProtector _protector;
    private readonly SortedDictionary<int, (KeyFile File, KeyPairSecrets Secrets)> _versions = [];
    private int _current;

    private FileKeyRing(string folder, TimeProvider time, string? passphrase)
    {
        _folder = folder;
        _time = time;
        _protector = new FileKeyProtector(folder, passphrase);
    }

    /// <summary>Opens the folder, and makes it with a first version when there is none.</summary>
    /// <exception cref="QuorateException">passphrase_wrong, passphrase_needed, key_file_damaged, key_file_exposed, keys_unwritable.</exception>
    public static FileKeyRing Open(string folder, TimeProvider time, string? passphrase)
    {
        var ring = new FileKeyRing(Path.GetFullPath(folder), time, string.IsNullOrEmpty(passphrase) ? null : passphrase);
        try
        {
            DurableFile.CreateFolder(ring._folder);
            Directory.CreateDirectory(Path.Combine(ring._folder, "public"));
            ring.LoadAll();
            if (ring._current == 0)
            {
                ring.AddVersion();
            }

            return ring;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ring.Dispose();
            throw QuorateException.Missing("keys_unwritable", $"the key folder {ring._folder} cannot be used: {e.Message}", "choose another home folder, or give yourself access to this one", e);
        }
        catch
        {
            ring.Dispose();
            throw;
        }
    }

    /// <summary>As above, with the passphrase of <see cref="PassphraseVariable"/> if that is set.</summary>
    public static FileKeyRing Open(string folder, TimeProvider time) => Open(folder, time, Environment.GetEnvironmentVariable(PassphraseVariable));

    public int CurrentHmacVersion => Current().File.Version;

    public string CurrentSigningKeyId => Current().Secrets.SigningKeyId;

    public byte[]? FindHmacKey(int version)
    {
        lock (_gate)
        {
            if (!_versions.ContainsKey(version))
            {
                LoadNewer();
            }

            return _versions.TryGetValue(version, out var found) ? found.Secrets.Hmac : null;
        }
    }

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            return _versions[_current].Secrets.Signing.SignData(data, HashAlgorithmName.SHA256);
        }
    }

    /// <summary>From the authenticated key files, not from <c>public/</c>, which anyone with the folder could add to.</summary>
    public IReadOnlyDictionary<string, byte[]> PublicKeys
    {
        get
        {
            lock (_gate)
            {
                LoadNewer();
                return _versions.Values.ToDictionary(v => v.Secrets.SigningKeyId, v => v.Secrets.PublicKey, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>Adds a version of both keys, which is current once it is durable. Earlier versions stay for checking. Returns the version.</summary>
    public int Rotate()
    {
        lock (_gate)
        {
            LoadNewer();
            return AddVersion();
        }
    }

    /// <summary>Two rows for each version, newest last.</summary>
    public IReadOnlyList<KeyInfo> List()
    {
        lock (_gate)
        {
            LoadNewer();
            return [.. _versions.Values.SelectMany(v => new KeyInfo[]
            {
                new(v.File.Version, v.File.CreatedAt, v.File.Version == _current, KeyFile.HmacPurpose, v.Secrets.HmacKeyId),
                new(v.File.Version, v.File.CreatedAt, v.File.Version == _current, KeyFile.SigningPurpose, v.Secrets.SigningKeyId),
            })];
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var version in _versions.Values)
            {
                CryptographicOperations.ZeroMemory(version.Secrets.Hmac);
                version.Secrets.Signing.Dispose();
            }

            _versions.Clear();
        }
    }

    private (KeyFile File, KeyPairSecrets Secrets) Current()
    {
        lock (_gate)
        {
            return _versions[_current];
        }
    }

    private int AddVersion()
    {
        for (var race = 0; race < MaxRaces && _current < MaxVersions; race++)
        {
            var earlier = _versions.TryGetValue(_current, out var last) ? last.File.Derivation : null;
            var secrets = KeyPairSecrets.Create();
            var file = new KeyFile { Version = _current + 1, CreatedAt = _time.GetUtcNow(), Derivation = _protector.Choose(earlier) };
            var path = Path.Combine(_folder, KeyFile.NameOf(file.Version));
            file = file.Seal(secrets, _protector.Derive(file.Derivation, path));
            if (DurableFile.TryCreate(path, file.ToBytes()))
            {
                Adopt(file, secrets);
                return file.Version;
            }

            // Another process made this version first.
            secrets.Signing.Dispose();
            var before = _current;
            LoadNewer();
            if (before == 0)
            {
                return _current;
            }
        }

        throw QuorateException.Missing("keys_exhausted", $"no new key version could be added to {_folder} after version {_current}", $"a folder holds at most {MaxVersions} versions");
    }

    private void LoadAll()
    {
        foreach (var path in Directory.EnumerateFiles(_folder, "key-????.json").Order(StringComparer.Ordinal))
        {
            Load(path);
        }
    }

    private void LoadNewer()
    {
        for (var path = NextPath(); File.Exists(path) && _current < MaxVersions; path = NextPath())
        {
            Load(path);
        }
    }

    private string NextPath() => Path.Combine(_folder, KeyFile.NameOf(_current + 1));

    private void Load(string path)
    {
        PrivateFiles.Check(path);
        KeyFile? file = null;
        try
        {
            var bytes = File.ReadAllBytes(path);
            file = JsonSerializer.Deserialize<KeyFile>(bytes, QuorateJson.Options);
            if (file?.Derivation?.Salt is null || KeyFile.NameOf(file.Version) != Path.GetFileName(path) || !file.ToBytes().AsSpan().SequenceEqual(bytes))
            {
                throw new CryptographicException("it is not as it was written");
            }

            Adopt(file, file.Unseal(_protector.Derive(file.Derivation, path)));
        }
        catch (AuthenticationTagMismatchException e) when (file?.Derivation.Iterations > 0)
        {
            throw QuorateException.Input("passphrase_wrong", $"{path} does not open with this passphrase", $"check {PassphraseVariable}; if it is right, the file was altered: restore it from a backup", e);
        }
        catch (Exception e) when (e is CryptographicException or JsonException or ArgumentException)
        {
            throw QuorateException.Missing("key_file_damaged", $"{path} is damaged or was altered: {e.Message}", "restore the key folder from a backup", e);
        }
    }

    private void Adopt(KeyFile file, KeyPairSecrets secrets)
    {
        _versions[file.Version] = (file, secrets);
        _current = Math.Max(_current, file.Version);
        var pem = Path.Combine(_folder, "public", $"{secrets.SigningKeyId}.pem");
        if (!File.Exists(pem))
        {
            DurableFile.Replace(pem, System.Text.Encoding.ASCII.GetBytes(secrets.Signing.ExportSubjectPublicKeyInfoPem() + "\n"), readableByAll: true);
        }
    }
}

using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Storage.Keys;

/// <summary>What <see cref="GroupKeys.Create"/> found and made, as ids.</summary>
/// <param name="Made">Keys made now.</param>
/// <param name="Kept">Keys that were there.</param>
/// <param name="Elsewhere">Public keys whose private ones are kept in another place.</param>
public sealed record GroupKeysMade(IReadOnlyList<string> Made, IReadOnlyList<string> Kept, IReadOnlyList<string> Elsewhere);

/// <summary>
/// Keys of a group of agents in a folder: for each agent a private P-256 key <c>ID.key.json</c>, encrypted, and in
/// <c>public/</c> its public key <c>ID.pem</c> beside <c>group.json</c>, which says who belongs to the group.
/// Processes may share the folder.
/// </summary>
public static class GroupKeys
{
    public const string GroupFile = "group.json";

    public static string PublicFolderOf(string folder) => Path.Combine(folder, "public");

    public static bool HasPrivate(string folder, string id) => File.Exists(Path.Combine(folder, GroupKeyFile.NameOf(id)));

    /// <summary>Makes what is missing and keeps what is there; any number of processes may do so at once.</summary>
    /// <param name="folder">Made with access for its owner only when it does not exist.</param>
    /// <param name="name">Name of the group; part of its directory's hash.</param>
    /// <param name="faults">Replicas that may be Byzantine; n must be at least 3f+1.</param>
    /// <param name="replicas">Ids of the replicas, in the order of their numbers.</param>
    /// <param name="clients">Ids of the clients, numbered from n on; at most 1024.</param>
    /// <param name="passphrase">Encrypts the private keys; without one the folder's machine secret does.</param>
    /// <exception cref="QuorateException">Ids, n and f as <see cref="PeersFile.Load"/>; group_differs, keys_unwritable; for keys that are there as <see cref="OpenPrivate"/>.</exception>
    public static GroupKeysMade Create(string folder, string name, int faults, IReadOnlyList<string> replicas, IReadOnlyList<string> clients, string? passphrase)
    {
        GroupRules.Check(name, faults, replicas, clients);
        folder = Path.GetFullPath(folder);
        try
        {
            DurableFile.CreateFolder(folder);
            Directory.CreateDirectory(PublicFolderOf(folder));
            CreateGroup(Path.Combine(PublicFolderOf(folder), GroupFile), new GroupInfo(name, faults, replicas, clients));
            var (made, kept, elsewhere) = (new List<string>(), new List<string>(), new List<string>());
            var protector = Protector(folder, passphrase);
            KeyDerivation? earlier = null;
            foreach (var id in replicas.Concat(clients))
            {
                var group = Place(folder, name, id, protector, ref earlier) switch { KeyPlace.Made => made, KeyPlace.Kept => kept, _ => elsewhere };
                group.Add(id);
            }

            return new GroupKeysMade(made, kept, elsewhere);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("keys_unwritable", $"the key folder {folder} cannot be used: {e.Message}", "choose another folder, or give yourself access to this one", e);
        }
    }

    /// <summary>The group's public side, for anyone who was given the folder.</summary>
    /// <exception cref="QuorateException">group_missing, group_invalid, public_key_missing, key_invalid, key_named_twice; ids, n and f as <see cref="PeersFile.Load"/>.</exception>
    public static GroupDirectory OpenPublic(string publicFolder)
    {
        var path = Path.Combine(Path.GetFullPath(publicFolder), GroupFile);
        var group = StrictJson.Read<GroupInfo>(path, "group", "name the public folder of a group's keys: group.json and a .pem file for each id");
        if (group.Replicas.Contains(null!) || group.Clients.Contains(null!))
        {
            throw QuorateException.Input("group_invalid", $"{path}: an id is null");
        }

        GroupRules.Check(group.Name, group.Faults, group.Replicas, group.Clients);
        byte[] Point(string id) => ReadPoint(Path.Combine(Path.GetDirectoryName(path)!, $"{id}.pem"), id);
        var directory = KeyDirectory.Create(group.Name, group.Faults, [.. group.Replicas.Select(Point)], [.. group.Clients.Select(Point)]);
        return new GroupDirectory(directory, group.Replicas, group.Clients);
    }

    /// <summary>One agent's own key and the group's directory, which must name it.</summary>
    /// <param name="folder">The folder given to <see cref="Create"/>.</param>
    /// <param name="id">A replica's or a client's.</param>
    /// <param name="passphrase">Null or empty: the folder's machine secret.</param>
    /// <exception cref="QuorateException">As <see cref="OpenPublic"/>; id_unknown, group_key_missing, key_file_exposed, key_file_damaged, machine_secret_missing, passphrase_needed, passphrase_wrong, key_wrong.</exception>
    public static GroupMember OpenPrivate(string folder, string id, string? passphrase) => OpenPrivates(folder, [id], passphrase)[0];

    /// <summary>As <see cref="OpenPrivate"/>, for several agents whose keys are here: the passphrase is stretched once for all of them.</summary>
    public static IReadOnlyList<GroupMember> OpenPrivates(string folder, IReadOnlyList<string> ids, string? passphrase)
    {
        folder = Path.GetFullPath(folder);
        foreach (var id in ids)
        {
            GroupRules.CheckId("id", id);
        }

        var group = OpenPublic(PublicFolderOf(folder));
        var protector = Protector(folder, passphrase);
        var members = new List<GroupMember>();
        try
        {
            foreach (var id in ids)
            {
                members.Add(OpenMember(folder, id, group, protector));
            }

            return members;
        }
        catch
        {
            members.ForEach(m => m.Dispose());
            throw;
        }
    }

    private static GroupMember OpenMember(string folder, string id, GroupDirectory group, FileKeyProtector protector)
    {
        var number = group.NumberOf(id);
        var path = Path.Combine(folder, GroupKeyFile.NameOf(id));
        var key = Open(path, protector).Key;
        if (!group.Directory.Key(number).AsSpan().SequenceEqual(P256Crypto.PublicKey(key)))
        {
            key.Dispose();
            throw QuorateException.Missing("key_wrong", $"{path} is not the private key of {id}.pem in {PublicFolderOf(folder)}", "use the folder that belongs to this group");
        }

        return new GroupMember(group, id, number, key);
    }

    internal static FileKeyProtector Protector(string folder, string? passphrase) =>
        new(folder, string.IsNullOrEmpty(passphrase) ? null : passphrase, GroupKeyFile.Pattern);

    internal static (ECDsa Key, KeyDerivation Derivation) Open(string path, FileKeyProtector protector)
    {
        var file = GroupKeyFile.Read(path);
        return (file.Unseal(protector, path), file.Derivation);
    }

    private static void CreateGroup(string path, GroupInfo group)
    {
        if (DurableFile.TryCreate(path, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(group, QuorateJson.Indented), readableByAll: true))
        {
            return;
        }

        var there = StrictJson.Read<GroupInfo>(path, "group", "restore it from a backup");
        if (there.Name != group.Name || there.Faults != group.Faults || !there.Replicas.SequenceEqual(group.Replicas) || !there.Clients.SequenceEqual(group.Clients))
        {
            throw QuorateException.Input(
                "group_differs",
                $"{path} holds the group '{there.Name}' (f = {there.Faults}, {there.Replicas.Count} replicas, {there.Clients.Count} clients), which is not the one asked for: '{group.Name}' (f = {group.Faults}, {group.Replicas.Count} replicas, {group.Clients.Count} clients), or has other ids",
                "a group's members are part of every signature; make a changed group's keys in another folder");
        }
    }

    internal static KeyPlace Place(string folder, string name, string id, FileKeyProtector protector, ref KeyDerivation? earlier)
    {
        var path = Path.Combine(folder, GroupKeyFile.NameOf(id));
        var pem = Path.Combine(PublicFolderOf(folder), $"{id}.pem");
        // The private key is always made first: a public one alone came from the place where the private one is.
        var isPublished = File.Exists(pem);
        if (!File.Exists(path))
        {
            if (isPublished)
            {
                return KeyPlace.Elsewhere;
            }

            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            earlier = protector.Choose(earlier);
            var file = new GroupKeyFile { Group = name, Id = id, Derivation = earlier };
            if (DurableFile.TryCreate(path, file.Seal(key, protector.Derive(earlier, path)).ToBytes()))
            {
                Publish(pem, key);
                return KeyPlace.Made;
            }
        }

        if (!File.Exists(pem))
        {
            var there = Open(path, protector);
            using (there.Key)
            {
                Publish(pem, there.Key);
            }

            earlier ??= there.Derivation;
        }
        else
        {
            earlier ??= GroupKeyFile.Read(path).Derivation;
        }

        return KeyPlace.Kept;
    }

    private static void Publish(string pem, ECDsa key) =>
        DurableFile.TryCreate(pem, System.Text.Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem() + "\n"), readableByAll: true);

    private static byte[] ReadPoint(string pem, string id)
    {
        if (!File.Exists(pem))
        {
            throw QuorateException.Missing("public_key_missing", $"{pem} does not exist, and group.json names '{id}'", "copy the public key of that agent here, or run quorate keys generate where its private key is");
        }

        try
        {
            using var key = ECDsa.Create();
            if (!key.TryImportP256(PublicKeyFolder.Read(pem)))
            {
                throw new CryptographicException("not a P-256 key");
            }

            return P256Crypto.PublicKey(key);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw QuorateException.Input("key_invalid", $"{pem} holds no P-256 public key", "a file that starts with -----BEGIN PUBLIC KEY-----", e);
        }
    }

    private static bool TryImportP256(this ECDsa key, byte[] subjectPublicKeyInfo)
    {
        key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
        return read == subjectPublicKeyInfo.Length && key.ExportParameters(false).Curve.Oid is { } curve
            && (curve.Value == ECCurve.NamedCurves.nistP256.Oid.Value || curve.FriendlyName == ECCurve.NamedCurves.nistP256.Oid.FriendlyName);
    }

    internal enum KeyPlace
    {
        Made,
        Kept,
        Elsewhere,
    }
}

/// <summary>The file <c>group.json</c>.</summary>
internal sealed record GroupInfo(string Name, int Faults, IReadOnlyList<string> Replicas, IReadOnlyList<string> Clients);

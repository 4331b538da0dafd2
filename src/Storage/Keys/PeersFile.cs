using System.Globalization;
using System.Net;
using System.Text.Json.Serialization;
using Quorate.Contracts;

namespace Quorate.Storage.Keys;

/// <summary>One replica and where it listens, as <c>host:port</c>; port 1…65535.</summary>
public sealed record Peer(string Id, string Address)
{
    /// <summary>Host name or IP address, without the brackets of IPv6.</summary>
    [JsonIgnore]
    public string Host => Address[..Address.LastIndexOf(':')].Trim('[', ']');

    [JsonIgnore]
    public int Port => int.Parse(Address[(Address.LastIndexOf(':') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture);
}

/// <summary>One client of the group.</summary>
public sealed record PeerClient(string Id);

/// <summary>
/// Who forms a group and where it is found: <c>{name, faults, replicas:[{id, address}], clients:[{id}], keys}</c>.
/// The order of replicas and clients is their numbering.
/// </summary>
public sealed record PeersFile
{
    public required string Name { get; init; }

    /// <summary>Replicas that may be Byzantine, f; n must be at least 3f+1.</summary>
    public required int Faults { get; init; }

    public required IReadOnlyList<Peer> Replicas { get; init; }

    public IReadOnlyList<PeerClient> Clients { get; init; } = [];

    /// <summary>Folder of the keys, relative to this file.</summary>
    public string Keys { get; init; } = "keys";

    /// <summary>Where this was read from, absolute.</summary>
    [JsonIgnore]
    public string Path { get; private init; } = string.Empty;

    /// <summary>Folder of the private keys, absolute.</summary>
    [JsonIgnore]
    public string KeysFolder => System.IO.Path.GetFullPath(Keys, System.IO.Path.GetDirectoryName(Path)!);

    /// <summary>Folder of the public keys, absolute.</summary>
    [JsonIgnore]
    public string PublicFolder => GroupKeys.PublicFolderOf(KeysFolder);

    [JsonIgnore]
    public IReadOnlyList<string> ReplicaIds => [.. Replicas.Select(r => r.Id)];

    [JsonIgnore]
    public IReadOnlyList<string> ClientIds => [.. Clients.Select(c => c.Id)];

    /// <exception cref="QuorateException">peers_missing, peers_invalid, id_invalid, id_twice, too_few_replicas, address_invalid.</exception>
    public static PeersFile Load(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var peers = StrictJson.Read<PeersFile>(full, "peers", "docs/schemas/peers.json says what a peers file holds") with { Path = full };
        return peers.Validated();
    }

    /// <summary>The public keys of this group.</summary>
    /// <exception cref="QuorateException">As <see cref="GroupKeys.OpenPublic"/>; group_differs.</exception>
    public GroupDirectory OpenGroup() => Fitting(GroupKeys.OpenPublic(PublicFolder));

    /// <summary>One agent with its private key.</summary>
    /// <exception cref="QuorateException">As <see cref="GroupKeys.OpenPrivate"/>; group_differs.</exception>
    public GroupMember OpenMember(string id, string? passphrase)
    {
        _ = OpenGroup();
        return GroupKeys.OpenPrivate(KeysFolder, id, passphrase);
    }

    private GroupDirectory Fitting(GroupDirectory group) =>
        group.Directory.Name == Name && group.Directory.Membership.Faults == Faults && group.Replicas.SequenceEqual(ReplicaIds) && group.Clients.SequenceEqual(ClientIds)
            ? group
            : throw QuorateException.Input("group_differs", $"{Path} and {PublicFolder} name different groups", "name, faults, and the ids in their order must be the same in both");

    /// <exception cref="QuorateException">As <see cref="Load"/>.</exception>
    private PeersFile Validated()
    {
        if (Replicas.Contains(null!) || Clients.Contains(null!))
        {
            throw QuorateException.Input("peers_invalid", $"{Path}: a replica or client is null");
        }

        GroupRules.Check(Name, Faults, ReplicaIds, ClientIds);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var peer in Replicas)
        {
            if (!IsAddress(peer.Address))
            {
                throw QuorateException.Input("address_invalid", $"{Path}: the address of '{peer.Id}' is '{peer.Address}'; host:port with a port from 1 to 65535 is allowed", "for example 127.0.0.1:7101 or [::1]:7101");
            }

            if (!seen.Add(peer.Address))
            {
                throw QuorateException.Input("address_twice", $"{Path}: the address {peer.Address} is used twice");
            }
        }

        return Keys.Length > 0 && !Keys.Contains('\0') ? this : throw QuorateException.Input("peers_invalid", $"{Path}: keys is empty; it names the folder of the keys, relative to the file");
    }

    private static bool IsAddress(string address)
    {
        var colon = address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            return false;
        }

        var host = address[..colon];
        return host.StartsWith('[')
            ? host.EndsWith(']') && IPAddress.TryParse(host[1..^1], out _)
            : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }
}

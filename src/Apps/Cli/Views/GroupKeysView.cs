using Quorate.Cli.Common;
using Quorate.Storage.Keys;
using Spectre.Console;

namespace Quorate.Cli.Views;

/// <summary>One agent of a group. PrivateKey: it is in this folder.</summary>
internal sealed record GroupKeyRow(string Id, string Role, string? Address, string KeyId, bool PrivateKey);

/// <summary>A group of agents and their public keys, as a document and as a table.</summary>
internal sealed record GroupKeysView(string Name, int Replicas, int Faults, int Quorum, string DirectoryHash, string Folder, IReadOnlyList<GroupKeyRow> Keys)
{
    public static GroupKeysView Of(PeersFile peers)
    {
        var group = peers.OpenGroup();
        var membership = group.Directory.Membership;
        var rows = group.Ids.Select((id, number) => new GroupKeyRow(
            id,
            membership.IsReplica(number) ? "replica" : "client",
            membership.IsReplica(number) ? peers.Replicas[number].Address : null,
            group.KeyIdOf(number),
            GroupKeys.HasPrivate(peers.KeysFolder, id)));
        return new GroupKeysView(group.Directory.Name, membership.Replicas, membership.Faults, membership.Quorum, group.Directory.Hash.ToString(), peers.KeysFolder, [.. rows]);
    }

    public void Show(Output output)
    {
        output.Line($"group [bold]{Output.Safe(Name)}[/]: n = {Replicas}, f = {Faults}, quorum {Quorum}, key directory {DirectoryHash}");
        var table = new Table().Border(output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
        table.AddColumns("id", "role", "address", "key id", "private key");
        foreach (var key in Keys)
        {
            table.AddRow(Output.Safe(key.Id), key.Role, Output.Safe(key.Address ?? ""), key.KeyId, key.PrivateKey ? "here" : "[grey]elsewhere[/]");
        }

        output.People.Write(table);
    }
}

using Quorate.Contracts;
using Quorate.Protocol.Consensus;

namespace Quorate.Storage.Keys;

/// <summary>What a group of agents may look like. Ids become file names, so their characters are allow-listed.</summary>
internal static class GroupRules
{
    /// <summary>Clients that a group may name.</summary>
    public const int MaxClients = 1024;

    /// <exception cref="QuorateException">A name or id out of form or used twice, too many clients, n and f that don't fit.</exception>
    public static void Check(string name, int faults, IReadOnlyList<string> replicas, IReadOnlyList<string> clients)
    {
        CheckId("name", name);
        _ = new Membership(replicas.Count, faults);
        if (clients.Count > MaxClients)
        {
            throw QuorateException.Input("group_too_large", $"the group '{name}' names {clients.Count} clients; at most {MaxClients} are allowed");
        }

        var seen = new HashSet<string>(NameRule.OfAgents);
        foreach (var id in replicas.Concat(clients))
        {
            CheckId("id", id);
            if (!seen.Add(id))
            {
                throw QuorateException.Input("id_twice", $"the id '{id}' is used twice in the group '{name}'", "replicas and clients share one set of ids; upper and lower case count as the same");
            }
        }
    }

    public static void CheckId(string field, string id)
    {
        if (!NameRule.IsName(id))
        {
            var shown = id.Length <= 80 ? id : id[..80] + "…";
            throw QuorateException.Input("id_invalid", $"{field} is '{shown}'; {NameRule.Allowed}");
        }
    }
}

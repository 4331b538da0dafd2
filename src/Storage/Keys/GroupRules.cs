using System.Text.RegularExpressions;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;

namespace Quorate.Storage.Keys;

/// <summary>What a group of agents may look like. Ids become file names, so their characters are allow-listed.</summary>
internal static partial class GroupRules
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

        // Also on file systems that do not tell upper from lower case, each id needs a file of its own.
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
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
        if (!Allowed().IsMatch(id))
        {
            var shown = id.Length <= 80 ? id : id[..80] + "…";
            throw QuorateException.Input("id_invalid", $"{field} is '{shown}'; 1 to 64 letters, digits, '-', '_' and '.' are allowed, starting with a letter or digit");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Allowed();
}

namespace Quorate.Platforms.Compose;

/// <summary>
/// Compose's merge of one file over another, or of a service over the one it extends: maps by key, lists appended,
/// commands replaced, and the settings that may be written as list or map brought to a map first.
/// </summary>
internal static class NodeMerge
{
    private static readonly HashSet<string> Replaced = ["command", "entrypoint", "test", "files"];
    private static readonly HashSet<string> Assignments = ["environment", "labels", "args"];
    private static readonly HashSet<string> Names = ["depends_on", "networks"];

    public static Node Merge(Node below, Node over, string key = "")
    {
        if (Replaced.Contains(key))
        {
            return over;
        }

        if (key == "env_file")
        {
            return new ListNode(over.Source, over.Line, [.. Many(below), .. Many(over)]);
        }

        if (Assignments.Contains(key) || Names.Contains(key))
        {
            (below, over) = (ToMap(below, Assignments.Contains(key)), ToMap(over, Assignments.Contains(key)));
        }

        return (below, over) switch
        {
            (MapNode a, MapNode b) => MergeMaps(a, b),
            (ListNode a, ListNode b) => new ListNode(b.Source, b.Line, [.. a.Items, .. b.Items]),
            _ => over,
        };
    }

    private static MapNode MergeMaps(MapNode below, MapNode over)
    {
        var entries = new OrderedDictionary<string, Node>();
        foreach (var (key, value) in below.Entries)
        {
            entries.Add(key, value);
        }

        foreach (var (key, value) in over.Entries)
        {
            entries[key] = entries.TryGetValue(key, out var existing) ? Merge(existing, value, key) : value;
        }

        return new MapNode(over.Source, over.Line, entries);
    }

    private static IEnumerable<Node> Many(Node node) => node is ListNode list ? list.Items : [node];

    /// <summary>A list of NAME=VALUE or of names as a map; a list of anything else stays as it is, for the reader to refuse.</summary>
    private static Node ToMap(Node node, bool assignments)
    {
        if (node is not ListNode list || list.Items.Any(i => i is not ScalarNode))
        {
            return node;
        }

        var entries = new OrderedDictionary<string, Node>();
        foreach (var item in list.Items.Cast<ScalarNode>())
        {
            var equals = assignments ? item.Text.IndexOf('=', StringComparison.Ordinal) : -1;
            var name = equals < 0 ? item.Text : item.Text[..equals];
            entries[name] = equals < 0
                ? new ScalarNode(item.Source, item.Line, "", isNull: true)
                : new ScalarNode(item.Source, item.Line, item.Text[(equals + 1)..]);
        }

        return new MapNode(list.Source, list.Line, entries);
    }
}

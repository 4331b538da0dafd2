namespace Quorate.Lab.Shop.Data;

/// <summary>At most <paramref name="capacity"/> values, the least recently used leaving first, each for <paramref name="life"/>. Thread-safe.</summary>
internal sealed class BoundedCache(int capacity, TimeSpan life, TimeProvider time)
{
    private readonly Dictionary<string, LinkedListNode<Entry>> byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> byUse = new();
    private readonly Lock gate = new();

    public int Count
    {
        get
        {
            lock (gate)
            {
                return byKey.Count;
            }
        }
    }

    public byte[]? Get(string key)
    {
        lock (gate)
        {
            if (!byKey.TryGetValue(key, out var node))
            {
                return null;
            }
            byUse.Remove(node);
            if (time.GetElapsedTime(node.Value.At) > life)
            {
                byKey.Remove(key);
                return null;
            }
            byUse.AddFirst(node);
            return node.Value.Value;
        }
    }

    public void Set(string key, byte[] value)
    {
        lock (gate)
        {
            if (byKey.Remove(key, out var old))
            {
                byUse.Remove(old);
            }
            byKey[key] = byUse.AddFirst(new Entry(key, value, time.GetTimestamp()));
            if (byKey.Count > capacity)
            {
                byKey.Remove(byUse.Last!.Value.Key);
                byUse.RemoveLast();
            }
        }
    }

    private sealed record Entry(string Key, byte[] Value, long At);
}

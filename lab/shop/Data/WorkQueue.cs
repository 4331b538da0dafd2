using System.Globalization;
using Quorate.Lab.Shop.Hosting;

namespace Quorate.Lab.Shop.Data;

/// <summary>A piece of work: its number in the queue and the order it is about.</summary>
internal sealed record QueueItem(string Id, string OrderId);

/// <summary>A line of the queue's file: an item put, or (Done) an item acknowledged.</summary>
internal sealed record QueueChange(string Id, string? OrderId, bool Done);

/// <summary>
/// A bounded queue with at-least-once delivery: what is taken and not acknowledged within its lease is
/// given out again. Kept in <c>queue.jsonl</c>, which survives the process. Thread-safe.
/// </summary>
internal sealed class WorkQueue
{
    private const int SpareLines = 1_000;

    private readonly Journal<QueueChange> journal;
    private readonly SortedDictionary<long, (QueueItem Item, long LeasedAt)> items = [];
    private readonly Lock gate = new();
    private readonly int capacity;
    private readonly TimeSpan lease;
    private readonly TimeProvider time;
    private long last;
    private int lines;

    public WorkQueue(string directory, int capacity, TimeSpan lease, TimeProvider time)
    {
        (this.capacity, this.lease, this.time) = (capacity, lease, time);
        journal = new Journal<QueueChange>(Path.Combine(directory, "queue.jsonl"), ShopJson.Default.QueueChange, flushToDisk: false);
        foreach (QueueChange change in journal.Read())
        {
            long number = long.Parse(change.Id, NumberStyles.None, CultureInfo.InvariantCulture);
            last = Math.Max(last, number);
            if (change.Done)
            {
                items.Remove(number);
            }
            else if (change.OrderId is { } order)
            {
                items[number] = (new QueueItem(change.Id, order), 0);
            }
            lines++;
        }
    }

    public int Depth
    {
        get
        {
            lock (gate)
            {
                return items.Count;
            }
        }
    }

    /// <summary>Null when the queue is full.</summary>
    public QueueItem? Put(string orderId)
    {
        lock (gate)
        {
            if (items.Count >= capacity)
            {
                return null;
            }
            var item = new QueueItem((last + 1).ToString(CultureInfo.InvariantCulture), orderId);
            Write(new QueueChange(item.Id, orderId, Done: false));
            items[++last] = (item, 0);
            return item;
        }
    }

    /// <summary>The oldest items that nobody holds, at most <paramref name="limit"/>, leased to the caller.</summary>
    public List<QueueItem> Take(int limit)
    {
        lock (gate)
        {
            long[] free = items.Where(i => i.Value.LeasedAt == 0 || time.GetElapsedTime(i.Value.LeasedAt) > lease)
                .Take(limit).Select(i => i.Key).ToArray();
            foreach (long number in free)
            {
                items[number] = (items[number].Item, time.GetTimestamp());
            }
            return free.Select(number => items[number].Item).ToList();
        }
    }

    /// <summary>False when there is no such item (any more).</summary>
    public bool Acknowledge(string id)
    {
        lock (gate)
        {
            if (!long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number) || !items.ContainsKey(number))
            {
                return false;
            }
            Write(new QueueChange(id, null, Done: true));
            items.Remove(number);
            if (lines > items.Count + SpareLines)
            {
                journal.Rewrite(items.Values.Select(i => new QueueChange(i.Item.Id, i.Item.OrderId, Done: false)));
                lines = items.Count;
            }
            return true;
        }
    }

    private void Write(QueueChange change)
    {
        journal.Append(change);
        lines++;
    }
}

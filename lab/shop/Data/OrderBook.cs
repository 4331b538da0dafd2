using System.Globalization;
using Quorate.Lab.Shop.Hosting;

namespace Quorate.Lab.Shop.Data;

/// <summary>
/// The newest <paramref name="keep"/> orders, in memory and in <c>orders.jsonl</c>. Each change is a line; the file is
/// written anew once it holds four times as many lines as orders may be kept. Thread-safe.
/// </summary>
internal sealed class OrderBook(string directory, int keep, TimeProvider time)
{
    private readonly Journal<Order> journal = new(Path.Combine(directory, "orders.jsonl"), ShopJson.Default.Order, flushToDisk: true);
    private readonly SortedDictionary<long, Order> orders = [];
    private readonly Lock gate = new();
    private bool loaded;
    private int lines;
    private long last;

    public int Count
    {
        get
        {
            lock (gate)
            {
                return orders.Count;
            }
        }
    }

    public Order Add(NewOrder order)
    {
        lock (gate)
        {
            Load();
            long number = last + 1;
            var kept = new Order(Id(number), order.Item!, order.Quantity, "accepted", time.GetUtcNow());
            Keep(number, kept);
            return kept;
        }
    }

    /// <summary>Null when there is no such order (any more). Shipping twice changes nothing.</summary>
    public Order? Ship(string id)
    {
        lock (gate)
        {
            Load();
            if (!TryNumber(id, out long number) || !orders.TryGetValue(number, out Order? order) || order.Status == "shipped")
            {
                return orders.GetValueOrDefault(number);
            }
            Order shipped = order with { Status = "shipped" };
            Keep(number, shipped);
            return shipped;
        }
    }

    public Order? Find(string id)
    {
        lock (gate)
        {
            Load();
            return TryNumber(id, out long number) ? orders.GetValueOrDefault(number) : null;
        }
    }

    /// <summary>Newest first; only those of <paramref name="status"/> unless it is null.</summary>
    public List<Order> Newest(int limit, string? status)
    {
        lock (gate)
        {
            Load();
            return orders.Values.Reverse().Where(o => status is null || o.Status == status).Take(limit).ToList();
        }
    }

    /// <summary>Writes, flushes and removes a file, as the next order would have to.</summary>
    public void CheckWritable()
    {
        string path = Path.Combine(directory, ".health");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.DeleteOnClose);
        file.WriteByte((byte)'.');
        file.Flush(flushToDisk: true);
    }

    private void Keep(long number, Order order)
    {
        journal.Append(order);
        lines++;
        Put(number, order);
        if (lines > 4 * keep)
        {
            journal.Rewrite(orders.Values);
            lines = orders.Count;
        }
    }

    /// <summary>Reads the file at first, and again when it turns out to be another one; what is in memory already is kept.</summary>
    private void Load()
    {
        if (loaded && !journal.Changed)
        {
            return;
        }
        List<Order> read = journal.Read();
        foreach (Order order in read)
        {
            // An accepted line never takes back what memory knows to be shipped.
            if (TryNumber(order.Id, out long number) && !(orders.TryGetValue(number, out Order? known) && known.Status == "shipped"))
            {
                Put(number, order);
            }
        }
        lines = read.Count;
        loaded = true;
    }

    private void Put(long number, Order order)
    {
        orders[number] = order;
        last = Math.Max(last, number);
        if (orders.Count > keep)
        {
            orders.Remove(orders.Keys.First());
        }
    }

    private static string Id(long number) => string.Create(CultureInfo.InvariantCulture, $"o-{number:D8}");

    private static bool TryNumber(string id, out long number)
    {
        number = 0;
        return id.StartsWith("o-", StringComparison.Ordinal) && long.TryParse(id.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}

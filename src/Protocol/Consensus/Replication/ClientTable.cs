using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

/// <summary>
/// Which requests of which client were applied, and what was answered: part of the replicated state. Of each client
/// the last <paramref name="window"/> numbers are told apart; anything older counts as applied.
/// </summary>
internal sealed class ClientTable(int window)
{
    private readonly Dictionary<int, Entry> entries = [];

    internal bool IsApplied(RequestKey key)
    {
        if (!entries.TryGetValue(key.Client, out var entry) || key.Sequence > entry.Highest)
        {
            return false;
        }

        var age = entry.Highest - key.Sequence;
        return age >= (ulong)window || (entry.Applied >> (int)age & 1) == 1;
    }

    /// <summary>Null when the request was not applied or its answer is no longer kept.</summary>
    internal byte[]? Result(RequestKey key) =>
        IsApplied(key) && entries[key.Client] is var entry && entry.Highest - key.Sequence < (ulong)window
            ? entry.Results[key.Sequence % (ulong)window]
            : null;

    internal void Apply(RequestKey key, byte[] result)
    {
        if (!entries.TryGetValue(key.Client, out var entry))
        {
            entries[key.Client] = entry = new Entry(new byte[window][]);
        }

        if (key.Sequence > entry.Highest)
        {
            var step = key.Sequence - entry.Highest;
            entry.Applied = step >= (ulong)window ? 1 : (entry.Applied << (int)step) | 1;
            entry.Highest = key.Sequence;
        }
        else
        {
            entry.Applied |= 1UL << (int)(entry.Highest - key.Sequence);
        }

        entry.Applied &= ulong.MaxValue >> (64 - window);
        entry.Results[key.Sequence % (ulong)window] = result;
    }

    internal void Write(WireWriter writer)
    {
        writer.I32(entries.Count);
        foreach (var (client, entry) in entries.OrderBy(pair => pair.Key))
        {
            writer.I32(client);
            writer.U64(entry.Highest);
            writer.U64(entry.Applied);
            for (var age = 0; age < window; age++)
            {
                if ((entry.Applied >> age & 1) == 1)
                {
                    writer.Bytes(entry.Results[(entry.Highest - (ulong)age) % (ulong)window]);
                }
            }
        }
    }

    internal static ClientTable? Read(ref WireReader reader, int window)
    {
        var table = new ClientTable(window);
        var count = reader.Count(KeyDirectory.MaxClients, 20);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var client = reader.I32();
            var entry = new Entry(new byte[window][]) { Highest = reader.U64(), Applied = reader.U64() };
            for (var age = 0; age < window; age++)
            {
                if ((entry.Applied >> age & 1) == 1)
                {
                    entry.Results[(entry.Highest - (ulong)age) % (ulong)window] = reader.Bytes(ConsensusLimits.ResultBytes);
                }
            }

            if (!table.entries.TryAdd(client, entry))
            {
                reader.Fail();
            }
        }

        return reader.Failed ? null : table;
    }

    private sealed class Entry(byte[][] results)
    {
        internal ulong Highest { get; set; }

        /// <summary>Bit i: the request numbered Highest − i was applied.</summary>
        internal ulong Applied { get; set; }

        internal byte[][] Results { get; } = results;
    }
}

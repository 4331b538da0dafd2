using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Quorate.Protocol.Consensus;

namespace Quorate.Cli.Agents;

/// <summary>
/// What the agents of <c>quorate agent</c> replicate: a log with a hash chain over everything decided, and a small
/// store of keys. <c>set KEY VALUE</c>, <c>add KEY NUMBER</c> and <c>get KEY</c> act on the store; anything else is
/// only logged. A result is the position in the log (8 bytes, big-endian), then the value or the first bytes logged.
/// </summary>
internal sealed class LogApplication : IReplicatedState
{
    private const int MaxKeys = 10_000;
    private const int MaxKey = 64;
    private const int MaxValue = 200;
    private const int MaxEcho = 240;
    private const int Header = 8 + SHA256.HashSizeInBytes + 4;

    private readonly Lock gate = new();
    private SortedDictionary<string, string> store = new(StringComparer.Ordinal);
    private byte[] chain = new byte[SHA256.HashSizeInBytes];
    private ulong position;

    /// <summary>How much was decided, and the hash of all of it in its order. Safe on any thread.</summary>
    public (ulong Position, string Chain) Read()
    {
        lock (gate)
        {
            return (position, Convert.ToHexStringLower(chain));
        }
    }

    public byte[] Apply(ulong sequence, Item item)
    {
        var request = item.Request;
        lock (gate)
        {
            chain = Link(chain, request.Key, request.Payload);
            position++;
            var value = Act(request.Payload);
            var result = new byte[8 + value.Length];
            BinaryPrimitives.WriteUInt64BigEndian(result, position);
            value.CopyTo(result, 8);
            return result;
        }
    }

    /// <summary>The chain after one more request.</summary>
    public static byte[] Link(ReadOnlySpan<byte> chain, RequestKey key, ReadOnlySpan<byte> payload)
    {
        const int small = 1024;
        var size = chain.Length + 12 + payload.Length;
        var bytes = size <= small ? stackalloc byte[small] : new byte[size];
        chain.CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes[chain.Length..], key.Client);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(chain.Length + 4)..], key.Sequence);
        payload.CopyTo(bytes[(chain.Length + 12)..]);
        return SHA256.HashData(bytes[..size]);
    }

    public byte[] Snapshot()
    {
        lock (gate)
        {
            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream, Encoding.UTF8);
            writer.Write(position);
            writer.Write(chain);
            writer.Write(store.Count);
            foreach (var (key, value) in store)
            {
                writer.Write(key);
                writer.Write(value);
            }

            writer.Flush();
            return stream.ToArray();
        }
    }

    public bool Restore(ReadOnlySpan<byte> snapshot)
    {
        if (snapshot.Length < Header)
        {
            return false;
        }

        try
        {
            using var reader = new BinaryReader(new MemoryStream(snapshot.ToArray()), Encoding.UTF8);
            var (count, hash) = (reader.ReadUInt64(), reader.ReadBytes(SHA256.HashSizeInBytes));
            var restored = new SortedDictionary<string, string>(StringComparer.Ordinal);
            for (var left = reader.ReadInt32(); left > 0 && restored.Count < MaxKeys; left--)
            {
                restored[reader.ReadString()] = reader.ReadString();
            }

            lock (gate)
            {
                (position, chain, store) = (count, hash, restored);
            }

            return true;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException)
        {
            return false;
        }
    }

    private byte[] Act(byte[] payload)
    {
        if (!IsCommand(payload))
        {
            return payload[..Math.Min(payload.Length, MaxEcho)];
        }

        var words = Encoding.UTF8.GetString(payload).Split(' ', 3);
        return Encoding.UTF8.GetBytes((words[0], words.Length) switch
        {
            ("get", 2) => store.GetValueOrDefault(words[1], ""),
            ("set", 3) => Put(words[1], words[2]),
            ("add", 3) when long.TryParse(words[2], CultureInfo.InvariantCulture, out var number) => Add(words[1], number),
            _ => "not a command: set KEY VALUE, add KEY NUMBER or get KEY",
        });
    }

    private static bool IsCommand(ReadOnlySpan<byte> payload) =>
        payload.StartsWith("set "u8) || payload.StartsWith("add "u8) || payload.StartsWith("get "u8);

    private string Add(string key, long number) =>
        long.TryParse(store.GetValueOrDefault(key, "0"), CultureInfo.InvariantCulture, out var old)
            ? Put(key, unchecked(old + number).ToString(CultureInfo.InvariantCulture))
            : "not a number";

    private string Put(string key, string value)
    {
        if (key.Length is 0 or > MaxKey || Encoding.UTF8.GetByteCount(value) > MaxValue)
        {
            return $"refused: a key has 1 to {MaxKey} characters, a value at most {MaxValue} bytes";
        }

        if (store.Count >= MaxKeys && !store.ContainsKey(key))
        {
            return $"refused: {MaxKeys} keys are there already";
        }

        store[key] = value;
        return value;
    }
}

/// <summary>Everything may be logged; questions have no opinions here and are never decided.</summary>
internal sealed class LogRules : IProposalValidator
{
    public string? Check(Item item) => null;

    public byte[]? Tally(Request question, IReadOnlyList<Opinion> opinions) => null;
}

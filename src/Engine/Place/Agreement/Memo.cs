namespace Quorate.Engine.Place.Agreement;

/// <summary>
/// Remembers what a few byte sequences were read as: each of a group's replicas reads the same ones. Thread-safe; what is
/// remembered is immutable.
/// </summary>
internal sealed class Memo<T>(Memo<T>.Parser parse)
    where T : class
{
    private const int Kept = 16;

    private readonly Lock _gate = new();
    private readonly (byte[]? Bytes, T? Value)[] _known = new (byte[]?, T?)[Kept];
    private int _next;

    public delegate T? Parser(ReadOnlySpan<byte> bytes);

    public T? Read(byte[] bytes)
    {
        lock (_gate)
        {
            foreach (var (known, value) in _known)
            {
                if (known is not null && bytes.AsSpan().SequenceEqual(known))
                {
                    return value;
                }
            }
        }

        var parsed = parse(bytes);
        Keep(bytes, parsed);
        return parsed;
    }

    /// <summary>Notes what these bytes are read as, by who wrote them.</summary>
    public void Keep(byte[] bytes, T? value)
    {
        lock (_gate)
        {
            _known[_next] = (bytes, value);
            _next = (_next + 1) % Kept;
        }
    }
}

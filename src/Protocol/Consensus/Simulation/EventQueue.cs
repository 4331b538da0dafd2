using System.Runtime.InteropServices;

namespace Quorate.Protocol.Consensus.Simulation;

internal enum EventKind : byte
{
    Deliver,
    Answer,
    Tick,
    Ask,
    Opinion,
    Crash,
    Restart,
    Attack,
}

/// <summary>Something that happens to <paramref name="To"/> at a moment. Equal moments keep their order of scheduling.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SimulatedEvent(long At, long Order, EventKind Kind, int To, int From, object? Content);

/// <summary>A binary heap by time.</summary>
internal sealed class EventQueue
{
    private SimulatedEvent[] heap = new SimulatedEvent[1024];
    private long order;

    internal int Count { get; private set; }

    internal void Add(long at, EventKind kind, int to, int from, object? content)
    {
        if (Count == heap.Length)
        {
            Array.Resize(ref heap, heap.Length * 2);
        }

        var added = new SimulatedEvent(at, order++, kind, to, from, content);
        var i = Count++;
        while (i > 0 && IsBefore(added, heap[(i - 1) / 2]))
        {
            heap[i] = heap[(i - 1) / 2];
            i = (i - 1) / 2;
        }

        heap[i] = added;
    }

    internal SimulatedEvent Take()
    {
        var taken = heap[0];
        var last = heap[--Count];
        heap[Count] = default;
        var i = 0;
        while (true)
        {
            var child = (2 * i) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && IsBefore(heap[child + 1], heap[child]))
            {
                child++;
            }

            if (!IsBefore(heap[child], last))
            {
                break;
            }

            heap[i] = heap[child];
            i = child;
        }

        heap[i] = last;
        return taken;
    }

    private static bool IsBefore(in SimulatedEvent a, in SimulatedEvent b) => a.At != b.At ? a.At < b.At : a.Order < b.Order;
}

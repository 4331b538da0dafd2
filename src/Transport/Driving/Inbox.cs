using System.Runtime.InteropServices;

namespace Quorate.Transport.Driving;

/// <summary>A message, or an opinion that this replica itself formed.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Incoming(int From, object Content, int Size);

/// <summary>
/// What waits for a replica's loop, bounded for each sender so that a flood from one leaves room for the others.
/// Says who runs the loop.
/// </summary>
internal sealed class Inbox(int replicas, int most, long mostBytes)
{
    private readonly Lock gate = new();
    private readonly int[] counts = new int[replicas + 2];
    private readonly long[] bytes = new long[replicas + 2];
    private List<Incoming> waiting = [];
    private List<Incoming> taken = [];
    private bool isRunning;
    private bool isDue;
    private bool isClosed;
    private long dropped;

    internal long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Keeps the message, or drops it when its sender has no room left.</summary>
    internal void Add(in Incoming message)
    {
        // Own opinions have a bucket of their own: they are as many as there are open questions.
        var sender = message.From < 0 ? replicas + 1 : Math.Min(message.From, replicas);
        lock (gate)
        {
            if (isClosed || counts[sender] >= most || bytes[sender] + message.Size > mostBytes)
            {
                dropped++;
                return;
            }

            counts[sender]++;
            bytes[sender] += message.Size;
            waiting.Add(message);
        }
    }

    /// <summary>True when the caller is now to run the loop: something waits and nobody does.</summary>
    internal bool TryStart()
    {
        lock (gate)
        {
            if (isRunning || isClosed || (waiting.Count == 0 && !isDue))
            {
                return false;
            }

            return isRunning = true;
        }
    }

    /// <summary>Asks for a round without a message.</summary>
    internal void Wake()
    {
        lock (gate)
        {
            isDue = true;
        }
    }

    /// <summary>Everything that waits; false, and the loop is over, when there is nothing.</summary>
    internal bool Take(out List<Incoming> messages)
    {
        lock (gate)
        {
            taken.Clear();
            (waiting, taken) = (taken, waiting);
            Array.Clear(counts);
            Array.Clear(bytes);
            messages = taken;
            isRunning = !isClosed && (taken.Count > 0 || isDue);
            isDue = false;
            return isRunning;
        }
    }

    /// <summary>True once no loop runs and none will.</summary>
    internal bool Close()
    {
        lock (gate)
        {
            isClosed = true;
            waiting.Clear();
            return !isRunning;
        }
    }
}

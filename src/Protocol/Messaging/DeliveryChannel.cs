namespace Quorate.Protocol.Messaging;

/// <summary>A message held back, or about to be handled.</summary>
internal sealed class HeldMessage(AgentMessage message, DeliveryChannel channel, long since)
{
    internal AgentMessage Message { get; } = message;

    internal DeliveryChannel Channel { get; } = channel;

    internal long Since { get; } = since;

    /// <summary>The wait for other senders' messages was given up.</summary>
    internal bool IsWaived { get; set; }

    /// <summary>The other message it waits for; null when it waits for none, or only for its sender's next.</summary>
    internal MessageMark? WaitsFor { get; set; }
}

/// <summary>One sender's part of a conversation: a high-water mark, and a window above it.</summary>
internal sealed class DeliveryChannel(string sender, string conversation)
{
    /// <summary>Bytes up to which a content is remembered itself, which is quicker than its hash.</summary>
    private const int Short = 512;

    private readonly Queue<(ulong Sequence, int Length, byte[] Content)> contents = new();

    internal string Sender { get; } = sender;

    internal string Conversation { get; } = conversation;

    /// <summary>Every number up to this one is delivered or given up.</summary>
    internal ulong Contiguous { get; private set; }

    internal bool HasFailed { get; set; }

    internal SortedSet<ulong> Beyond { get; } = [];

    internal SortedSet<ulong> Skipped { get; } = [];

    /// <summary>Held back, by number.</summary>
    internal SortedDictionary<ulong, HeldMessage> Held { get; } = [];

    /// <summary>When the first missing number became missing; only meaningful while something lies beyond it.</summary>
    internal long GapSince { get; private set; }

    internal static DeliveryChannel Restore(DeliveryMark mark, long now)
    {
        var channel = new DeliveryChannel(mark.Sender, mark.Conversation) { Contiguous = mark.Contiguous, HasFailed = mark.HasFailed, GapSince = now };
        channel.Beyond.UnionWith(mark.Beyond);
        channel.Skipped.UnionWith(mark.Skipped);
        return channel;
    }

    internal DeliveryMark Mark() => new(Sender, Conversation, Contiguous, [.. Beyond], [.. Skipped], HasFailed);

    internal bool Has(ulong sequence) => sequence <= Contiguous || Beyond.Contains(sequence);

    /// <summary>False when another content was delivered under the number, as far as is remembered.</summary>
    internal bool IsSameAsDelivered(AgentMessage message)
    {
        foreach (var (sequence, length, content) in contents)
        {
            if (sequence == message.Sequence)
            {
                return length == message.Payload.Length && ContentOf(message).AsSpan().SequenceEqual(content);
            }
        }

        return true;
    }

    internal void Deliver(AgentMessage message, long now)
    {
        contents.Enqueue((message.Sequence, message.Payload.Length, ContentOf(message)));
        if (contents.Count > MessagingLimits.RememberedContents)
        {
            contents.Dequeue();
        }

        Settle(message.Sequence, now);
    }

    /// <summary>Gives up one number.</summary>
    internal void GiveUp(ulong sequence, long now)
    {
        Skipped.Add(sequence);
        Settle(sequence, now);
    }

    /// <summary>Keeps the newest given-up numbers, at most so many.</summary>
    internal void ForgetSkipped(int most)
    {
        while (Skipped.Count > most)
        {
            Skipped.Remove(Skipped.Min);
        }
    }

    /// <summary>
    /// True for a number so old that nothing tells whether it was delivered or given up: taken for given up, because its
    /// sender must not believe that it arrived.
    /// </summary>
    internal bool IsForgotten(ulong sequence, int most) =>
        Skipped.Count >= most && sequence < Skipped.Min && !contents.Any(c => c.Sequence == sequence);

    /// <summary>Gives up every number below this one that is not delivered; how many that were.</summary>
    internal int SkipBelow(ulong sequence, long now)
    {
        var count = 0;
        for (var missing = Contiguous + 1; missing < sequence; missing++)
        {
            if (!Beyond.Contains(missing) && Skipped.Add(missing))
            {
                count++;
                Beyond.Add(missing);
            }
        }

        Advance(now);
        return count;
    }

    private void Settle(ulong sequence, long now)
    {
        if (Beyond.Count == 0 && sequence > Contiguous + 1)
        {
            GapSince = now;
        }

        if (sequence == Contiguous + 1)
        {
            Contiguous = sequence;
        }
        else
        {
            Beyond.Add(sequence);
        }

        Advance(now);
    }

    private void Advance(long now)
    {
        while (Beyond.Count > 0 && Beyond.Min <= Contiguous + 1)
        {
            Contiguous = Math.Max(Contiguous, Beyond.Min);
            Beyond.Remove(Beyond.Min);
            GapSince = now;
        }
    }

    private static byte[] ContentOf(AgentMessage message) =>
        message.Payload.Length <= Short ? message.Payload.ToArray() : System.Security.Cryptography.SHA256.HashData(message.Payload.Span);
}

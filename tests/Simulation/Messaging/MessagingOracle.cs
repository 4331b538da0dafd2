using Quorate.Protocol.Messaging;

namespace Quorate.Tests.Simulation.Messaging;

/// <summary>Compares what was durably sent with what durably took effect. It knows nothing of how messages are delivered.</summary>
internal static class MessagingOracle
{
    internal static IEnumerable<string> Check(IReadOnlyDictionary<string, DurableLog> logs)
    {
        foreach (var (name, log) in logs)
        {
            if (log.Open > 0 || log.Dead.Count > 0)
            {
                yield return $"{name} has {log.Open} messages open and {log.Dead.Count} dead";
            }

            var expected = logs.Values.SelectMany(l => l.Sent).Where(m => m.Receiver == name).Select(m => m.Token).Order(StringComparer.Ordinal);
            var actual = log.Effects.Select(m => m.Token).Order(StringComparer.Ordinal);
            if (!expected.SequenceEqual(actual))
            {
                yield return $"{name} was sent {expected.Count()} messages, {actual.Count()} took effect, {actual.Distinct().Count()} of them different";
            }

            foreach (var violation in Orders(name, log.Effects))
            {
                yield return violation;
            }
        }
    }

    private static IEnumerable<string> Orders(string name, List<AgentMessage> effects)
    {
        var seen = new HashSet<(string Conversation, MessageMark Mark)>();
        foreach (var message in effects)
        {
            if (message.Conversation is "strict" or "causal" && message.Sequence > 1
                && !seen.Contains((message.Conversation, new MessageMark(message.Sender, message.Sequence - 1))))
            {
                yield return $"{name} handled {message.Token} before the one before it";
            }

            // The payload of causal and partial messages names what they come after; this agent's own it need not have seen.
            foreach (var past in message.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(_ => message.Conversation is "causal" or "partial"))
            {
                var parts = past.Split(':');
                if (parts[0] != name && !seen.Contains((message.Conversation, new MessageMark(parts[0], ulong.Parse(parts[1])))))
                {
                    yield return $"{name} handled {message.Token} before {past}, which it comes after";
                }
            }

            seen.Add((message.Conversation, new MessageMark(message.Sender, message.Sequence)));
        }
    }
}

using Quorate.Protocol.Consensus;
using Quorate.Protocol.Messaging;

namespace Quorate.Engine.Place.Agreement;

/// <summary>How ballots travel: each round is a conversation on the bus, in which each agent's messages keep their order.</summary>
public sealed partial class AgentGroup
{
    private const string OpinionTopic = "opinions";

    /// <summary>Rounds after which a conversation is closed: ballots that are late may still come, and are no lost ones.</summary>
    private const int OpenRounds = 4;

    private readonly string _opinions;
    private readonly Dictionary<string, int> _numbers;
    private readonly string[][] _others;
    private readonly Queue<string> _conversations = new();
    private readonly Dictionary<string, HashSet<Told>> _underWay = new(StringComparer.Ordinal);
    private string _conversation = "";

    private void BeginConversation()
    {
        // A record that was not decided is asked about again, as another question.
        _conversation = $"{_opinions}{_round.Number}-{_asked}";
        _conversations.Enqueue(_conversation);
        _underWay[_conversation] = [];
        if (_conversations.Count > OpenRounds)
        {
            var over = _conversations.Dequeue();
            _underWay.Remove(over);
            _bus.Close(over);
        }
    }

    private void Tell(AgentNode node, IReadOnlyList<string> to, Opinion opinion)
    {
        if (_faults is NoFaults)
        {
            GiveToBus(node, to, opinion.Encoded.ToArray());
            return;
        }

        foreach (var receiver in to)
        {
            foreach (var bytes in _faults.Tell((node.Id, node.Context), _numbers[receiver], opinion))
            {
                GiveToBus(node, [receiver], bytes);
            }
        }
    }

    /// <summary>
    /// Gives the bus what it does not carry yet: a replica repeats its opinions many times a second, and a bus keeps each until it
    /// arrives, so a broker that is down for a minute would otherwise fill every outbox with the same words.
    /// </summary>
    private void GiveToBus(AgentNode node, IReadOnlyList<string> to, byte[] bytes)
    {
        string[] told = [.. to.Where(r => !IsUnderWay(new Told(node.Id, _numbers[r], bytes)))];
        if (told.Length > 0)
        {
            _bus.Send(_cluster.Agents[node.Id].Name, new MessageDraft(_conversation, told, bytes));
            _underWay[_conversation].UnionWith(told.Select(r => new Told(node.Id, _numbers[r], bytes)));
        }
    }

    private bool IsUnderWay(Told told) => _underWay.Values.Any(c => c.Contains(told));

    private bool Hear(AgentMessage message)
    {
        if (!message.Conversation.StartsWith(_opinions, StringComparison.Ordinal) || !_numbers.TryGetValue(message.Receiver, out var to) || !_numbers.TryGetValue(message.Sender, out var from))
        {
            // Of an earlier run, which is over.
            return true;
        }

        _round.Delivered++;
        var node = _nodes[to];
        Follow(node);
        var isTaken = node.Receive(from, message.Payload.ToArray(), Tick);
        Take(node);
        if (isTaken && _underWay.TryGetValue(message.Conversation, out var told))
        {
            told.Remove(new Told(from, to, message.Payload));
        }

        return isTaken;
    }

    /// <summary>What one agent tells another, the same when the bytes are.</summary>
    private readonly record struct Told(int From, int To, ReadOnlyMemory<byte> Content)
    {
        public bool Equals(Told other) => (From, To) == (other.From, other.To) && Content.Span.SequenceEqual(other.Content.Span);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.Add(From);
            hash.Add(To);
            hash.AddBytes(Content.Span);
            return hash.ToHashCode();
        }
    }
}

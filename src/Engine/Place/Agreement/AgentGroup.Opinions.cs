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
    private string _conversation = "";

    private void BeginConversation()
    {
        // A record that was not decided is asked about again, as another question.
        _conversation = $"{_opinions}{_round.Number}-{_asked}";
        _conversations.Enqueue(_conversation);
        if (_conversations.Count > OpenRounds)
        {
            _bus.Close(_conversations.Dequeue());
        }
    }

    private void Tell(AgentNode node, IReadOnlyList<string> to, Opinion opinion)
    {
        var name = _cluster.Agents[node.Id].Name;
        if (_faults is NoFaults)
        {
            _bus.Send(name, new MessageDraft(_conversation, to, opinion.Encoded.ToArray()));
            return;
        }

        foreach (var receiver in to)
        {
            foreach (var bytes in _faults.Tell((node.Id, node.Context), _numbers[receiver], opinion))
            {
                _bus.Send(name, new MessageDraft(_conversation, [receiver], bytes));
            }
        }
    }

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
        return isTaken;
    }
}

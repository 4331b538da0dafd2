using System.Security.Cryptography;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Engine.Messages;
using Quorate.Engine.Panels;
using Quorate.Protocol.Auction;
using Quorate.Protocol.Messaging;

namespace Quorate.Engine.Coordination;

/// <summary>
/// All agents seal their bids, and when the last one is sealed or the time is up, open them: calls and answers are messages of one
/// conversation on the bus. Not thread-safe.
/// </summary>
internal sealed class BiddingRound(AuctionNotice notice, IReadOnlyList<IBidder> bidders, IReadOnlyList<ECDsa> keys, IReadOnlyList<TrackRecord> tracks, IAgentBus bus)
{
    private const string Topic = "auction";
    private const int MaxError = 200;

    /// <summary>More of one agent are proof enough.</summary>
    private const int MaxCommitments = 16;

    private readonly Dictionary<string, string> _failures = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _numbers = bidders.Select((b, i) => (b.Profile.Name, i)).ToDictionary(b => b.Name, b => b.i, StringComparer.Ordinal);
    private readonly string _conversation = $"{Topic}/{notice.AuctionId}";
    private readonly List<(int Bidder, Task<BidAnswer> Answer)> _working = [];
    private readonly BidAnswer?[] _answers = new BidAnswer?[bidders.Count];
    private BidCall _call = new(false, "", notice.Task);
    private CancellationToken _ended;

    public AuctionNotice Notice => notice;

    /// <summary>Errors by agent; final once the bids are collected.</summary>
    public IReadOnlyDictionary<string, string> Failures => _failures;

    public BidSigner SignerOf(string agent) => SignerOf(_numbers[agent], notice);

    public async Task<IReadOnlyList<AuctionParticipant>> CollectAsync(AuctionOptions options, CancellationToken cancellationToken)
    {
        bus.On(Topic, Hear);
        try
        {
            var commitments = await AskAllAsync(isReveal: false, Enumerable.Range(0, bidders.Count), options.CommitTimeout, cancellationToken);
            var reveals = await AskAllAsync(isReveal: true, commitments.Index().Where(c => c.Item?.Sealed is { Count: > 0 }).Select(c => c.Index), options.RevealTimeout, cancellationToken);
            return [.. bidders.Select((bidder, i) => new AuctionParticipant(
                bidder.Profile.Name,
                Convert.ToBase64String(keys[i].ExportSubjectPublicKeyInfo()),
                tracks[i],
                [.. (commitments[i]?.Sealed ?? []).Take(MaxCommitments)],
                reveals[i]?.Opened))];
        }
        finally
        {
            bus.Close(_conversation);
        }
    }

    private BidSigner SignerOf(int bidder, AuctionNotice called) => new(called, bidders[bidder].Profile.Name, keys[bidder]);

    /// <summary>Answers in the bidders' order; null of those that came too late or were not asked.</summary>
    private async Task<BidAnswer?[]> AskAllAsync(bool isReveal, IEnumerable<int> asked, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var all = asked.ToList();
        (_ended, _call) = (ended.Token, new BidCall(isReveal, notice.AuctionId, notice.Task));
        Array.Clear(_answers);
        _working.Clear();
        bus.Send(MemberContexts.ClientName, _conversation, all.Select(i => bidders[i].Profile.Name), BusPayload.Write(_call));
        await bus.UntilAsync(() => all.TrueForAll(i => _answers[i] is not null), timeout.TotalMilliseconds, SendAnswers, cancellationToken);
        await ended.CancelAsync();
        foreach (var i in all)
        {
            if ((_answers[i] is { } answer ? answer.Error : "it did not answer in time") is { } error)
            {
                _failures[bidders[i].Profile.Name] = error;
            }
        }

        return [.. _answers];
    }

    private bool Hear(AgentMessage message)
    {
        if (message.Conversation != _conversation)
        {
            return true;
        }

        // What is damaged comes again; a call is the house's, an answer the bidder's.
        if (message.Receiver != MemberContexts.ClientName)
        {
            if (BusPayload.Read<BidCall>(message.Payload.Span) is not { } call)
            {
                return false;
            }

            if (message.Sender == MemberContexts.ClientName && _numbers.TryGetValue(message.Receiver, out var bidder))
            {
                _working.Add((bidder, AnswerAsync(bidder, call, _ended)));
            }

            return true;
        }

        if (BusPayload.Read<BidAnswer>(message.Payload.Span) is not { } answer)
        {
            return false;
        }

        if (answer.IsReveal == _call.IsReveal && _numbers.TryGetValue(message.Sender, out var sender))
        {
            _answers[sender] ??= answer;
        }

        return true;
    }

    /// <summary>Sends the answers that are ready, and gives those that are not.</summary>
    private IReadOnlyCollection<Task> SendAnswers()
    {
        foreach (var (bidder, answer) in _working.Where(w => w.Answer.IsCompletedSuccessfully))
        {
            bus.Send(bidders[bidder].Profile.Name, _conversation, [MemberContexts.ClientName], ToBytes(answer.Result));
        }

        _working.RemoveAll(w => w.Answer.IsCompleted);
        return [.. _working.Select(w => w.Answer)];
    }

    private async Task<BidAnswer> AnswerAsync(int bidder, BidCall call, CancellationToken token)
    {
        var called = new AuctionNotice(call.AuctionId, call.Task);
        try
        {
            return call.IsReveal ? new BidAnswer(true, null, await bidders[bidder].RevealAsync(SignerOf(bidder, called), token), null)
                : new BidAnswer(false, await bidders[bidder].CommitAsync(called, SignerOf(bidder, called), token), null, null);
        }
        catch (Exception e) when (e is not OperationCanceledException || !token.IsCancellationRequested)
        {
            return new BidAnswer(call.IsReveal, null, null, PlainText.Line(e.Message, MaxError));
        }
    }

    private static byte[] ToBytes(BidAnswer answer)
    {
        try
        {
            return BusPayload.Write(answer);
        }
        catch (Exception e) when (e is ArgumentException or JsonException)
        {
            return BusPayload.Write(new BidAnswer(answer.IsReveal, null, null, "its answer has no form in JSON"));
        }
    }

    private sealed record BidCall(bool IsReveal, string AuctionId, AuctionTask Task);

    private sealed record BidAnswer(bool IsReveal, IReadOnlyList<SignedCommitment>? Sealed, SignedReveal? Opened, string? Error);
}

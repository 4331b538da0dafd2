using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Auction;

namespace Quorate.Engine.Coordination;

/// <summary>All agents seal their bids, and when the last one is sealed or the time is up, open them. Not thread-safe.</summary>
internal sealed class BiddingRound(AuctionNotice notice, IReadOnlyList<IBidder> bidders, IReadOnlyList<ECDsa> keys, IReadOnlyList<TrackRecord> tracks, TimeProvider time)
{
    private const int MaxError = 200;

    /// <summary>More of one agent are proof enough.</summary>
    private const int MaxCommitments = 16;

    private readonly Dictionary<string, string> _failures = new(StringComparer.Ordinal);

    public AuctionNotice Notice => notice;

    /// <summary>Errors by agent; final once the bids are collected.</summary>
    public IReadOnlyDictionary<string, string> Failures => _failures;

    public BidSigner SignerOf(string agent) => SignerOf(bidders.Select(b => b.Profile.Name).ToList().IndexOf(agent));

    public async Task<IReadOnlyList<AuctionParticipant>> CollectAsync(AuctionOptions options, CancellationToken cancellationToken)
    {
        var commitments = await AskAllAsync((i, token) => bidders[i].CommitAsync(notice, SignerOf(i), token), options.CommitTimeout, _ => true, cancellationToken);
        var reveals = await AskAllAsync((i, token) => bidders[i].RevealAsync(SignerOf(i), token), options.RevealTimeout, i => commitments[i] is { Count: > 0 }, cancellationToken);
        return [.. bidders.Select((bidder, i) => new AuctionParticipant(
            bidder.Profile.Name,
            Convert.ToBase64String(keys[i].ExportSubjectPublicKeyInfo()),
            tracks[i],
            [.. (commitments[i] ?? []).Take(MaxCommitments)],
            reveals[i]))];
    }

    private BidSigner SignerOf(int bidder) => new(notice, bidders[bidder].Profile.Name, keys[bidder]);

    /// <summary>Answers in the bidders' order; the standard value of those that failed, came too late or were not asked.</summary>
    private async Task<T?[]> AskAllAsync<T>(Func<int, CancellationToken, Task<T>> ask, TimeSpan timeout, Func<int, bool> isAsked, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asked = Enumerable.Range(0, bidders.Count).Select(i => isAsked(i) ? AnswerAsync(i, ask, ended.Token) : Task.FromResult(default(Answer<T>))).ToList();
        try
        {
            await Task.WhenAll(asked).WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await ended.CancelAsync();
        }

        var answers = asked.Select(a => a.IsCompletedSuccessfully ? a.Result : new Answer<T>(default, "it did not answer in time")).ToList();
        foreach (var (i, answer) in answers.Index().Where(a => a.Item.Error is not null))
        {
            _failures[bidders[i].Profile.Name] = answer.Error!;
        }

        return [.. answers.Select(a => a.Value)];
    }

    private static async Task<Answer<T>> AnswerAsync<T>(int bidder, Func<int, CancellationToken, Task<T>> ask, CancellationToken token)
    {
        try
        {
            return new Answer<T>(await ask(bidder, token), null);
        }
        catch (Exception e) when (e is not OperationCanceledException || !token.IsCancellationRequested)
        {
            return new Answer<T>(default, PlainText.Line(e.Message, MaxError));
        }
    }

    private readonly record struct Answer<T>(T? Value, string? Error);
}

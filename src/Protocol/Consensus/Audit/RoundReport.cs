namespace Quorate.Protocol.Consensus;

/// <summary>A replica that broke the protocol, proven: the evidence convinces anyone with the key directory.</summary>
public sealed record ProtocolFault(int Replica, FaultKind Kind, Evidence Evidence);

/// <summary>How probable it is that a replica's opinion is wrong. Says nothing about the protocol and convicts nobody.</summary>
/// <param name="Replica">The opinion's author.</param>
/// <param name="Differs">The opinion is not the outcome; in a failed round, not the most frequent one.</param>
/// <param name="Probability">0…1, by <see cref="OpinionHistory.FaultProbabilities"/>.</param>
public sealed record ContentFault(int Replica, bool Differs, double Probability);

/// <summary>What came over the link to a replica and was not used. Anyone on the way can cause it, so it accuses nobody.</summary>
public sealed record LinkReport(int Replica, long InvalidSignature, long Malformed, long OutOfRange);

/// <summary>
/// One round for the record: a request that was decided, or that was not. What is proven (<see cref="ProtocolFaults"/>),
/// what is probable (<see cref="ContentFaults"/>) and what happened to links (<see cref="Links"/>) stay apart.
/// </summary>
public sealed record RoundReport
{
    public required RequestKey Request { get; init; }

    /// <summary>False for a failed round, which is reported as fully.</summary>
    public bool IsDecided => Failure is null;

    /// <summary>Why nothing was decided; null when something was.</summary>
    public string? Failure { get; init; }

    public ulong? View { get; init; }

    public ulong? Sequence { get; init; }

    /// <summary>The outcome of a question, the payload of anything else; null in a failed round.</summary>
    public byte[]? Decision { get; init; }

    /// <summary>Replicas with a valid signature in the round, on an opinion or a commit; ascending.</summary>
    public required IReadOnlyList<int> Participants { get; init; }

    /// <summary>Replicas proven faulty, by number.</summary>
    public required IReadOnlyList<ProtocolFault> ProtocolFaults { get; init; }

    /// <summary>One for each opinion, by author. Empty where there were none.</summary>
    public required IReadOnlyList<ContentFault> ContentFaults { get; init; }

    public required IReadOnlyList<LinkReport> Links { get; init; }

    /// <summary>
    /// Share of all n replicas that signed the decision as their own (a question: an opinion equal to the outcome;
    /// anything else: a commit) and are not proven faulty. Silence and dissent lower it alike; 0 in a failed round.
    /// </summary>
    public required double Confidence { get; init; }

    /// <summary>The report of one item of a decision.</summary>
    /// <param name="context">Whose keys and rules the round had.</param>
    /// <param name="decided">The batch and its commits; taken as verified.</param>
    /// <param name="index">The item's place in the batch.</param>
    /// <param name="evidence">From anyone; what does not verify is left out.</param>
    /// <param name="links">Counters of the links.</param>
    /// <param name="history">How often each replica's opinions were right before.</param>
    public static RoundReport OfDecision(
        ConsensusContext context, Decided decided, int index, IEnumerable<Evidence> evidence, IReadOnlyList<LinkReport> links, OpinionHistory history)
    {
        var item = decided.Batch.Items[index];
        var isQuestion = item.Request.Type == RequestKind.Question;
        var proven = Proven(context, evidence);
        var agreeing = isQuestion
            ? item.Opinions.Where(opinion => opinion.Value.AsSpan().SequenceEqual(item.Outcome)).Select(opinion => opinion.Author)
            : decided.Commits.Select(commit => commit.Signer);
        return new RoundReport
        {
            Request = item.Request.Key,
            View = decided.View,
            Sequence = decided.Sequence,
            Decision = isQuestion ? item.Outcome : item.Request.Payload,
            Participants = [.. item.Opinions.Select(opinion => opinion.Author).Concat(decided.Commits.Select(commit => commit.Signer)).Distinct().Order()],
            ProtocolFaults = proven,
            ContentFaults = history.Judge(item.Opinions, isQuestion ? item.Outcome : null),
            Links = links,
            Confidence = (double)agreeing.Count(replica => proven.All(fault => fault.Replica != replica)) / context.Membership.Replicas,
        };
    }

    /// <summary>The report of a round that decided nothing: what was said and proven in it is kept.</summary>
    /// <param name="context">Whose keys and rules the round had.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="failure">Why nothing was decided, in words.</param>
    /// <param name="opinions">Those that arrived; what is not validly signed, not on this request or a second one of its author is left out.</param>
    /// <param name="evidence">From anyone; what does not verify is left out.</param>
    /// <param name="links">Counters of the links.</param>
    /// <param name="history">How often each replica's opinions were right before.</param>
    public static RoundReport OfFailure(
        ConsensusContext context, Request request, string failure, IEnumerable<Opinion> opinions, IEnumerable<Evidence> evidence, IReadOnlyList<LinkReport> links, OpinionHistory history)
    {
        var subject = request.Digest(context.Crypto);
        Opinion[] said = [.. opinions.Where(opinion => opinion.Subject == subject && MessageVerifier.Verify(context, opinion) == Verdict.Valid).DistinctBy(opinion => opinion.Author).OrderBy(opinion => opinion.Author)];
        return new RoundReport
        {
            Request = request.Key,
            Failure = failure,
            Participants = [.. said.Select(opinion => opinion.Author)],
            ProtocolFaults = Proven(context, evidence),
            ContentFaults = history.Judge(said, null),
            Links = links,
            Confidence = 0,
        };
    }

    /// <summary>The links of one replica to the others, as they stand.</summary>
    public static IReadOnlyList<LinkReport> LinksOf(Replica replica, Membership membership) =>
        [.. Enumerable.Range(0, membership.Replicas).Where(other => other != replica.Id).Select(other => Link(other, replica.Counters(other)))];

    private static LinkReport Link(int other, LinkCounters counters) => new(other, counters.InvalidSignature, counters.Malformed, counters.OutOfRange);

    private static ProtocolFault[] Proven(ConsensusContext context, IEnumerable<Evidence> evidence) =>
        [.. evidence.Where(e => EvidenceVerifier.Verify(context, e)).DistinctBy(e => (e.Accused, e.Kind)).OrderBy(e => e.Accused).ThenBy(e => e.Kind).Select(e => new ProtocolFault(e.Accused, e.Kind, e))];
}

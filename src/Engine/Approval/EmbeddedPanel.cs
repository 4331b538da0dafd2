using System.Globalization;
using Quorate.Contracts;
using Quorate.Engine.Approval.Reviewers;
using Quorate.Engine.Panels;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Engine.Approval;

/// <summary>The panel in this process: reviewers as replicas of one consensus group, with a durable log shared by all processes of a home.</summary>
/// <param name="members">By replica number.</param>
/// <param name="client">The context that signs the questions, as the group's first client.</param>
/// <param name="store">What the replicas must not forget.</param>
/// <param name="timeout">How long a decision may take, waiting for another process's included.</param>
/// <param name="time">The clock of timeouts.</param>
public sealed class EmbeddedPanel(IReadOnlyList<PanelMember> members, ConsensusContext client, IPanelLogStore store, TimeSpan timeout, TimeProvider time) : IApprovalPanel
{
    /// <summary>Questions in work at once; a client's window is larger.</summary>
    private const int MaxAtOnce = 8;

    private const int MaxLastRounds = 3;

    private readonly string[] _names = [.. members.Select(m => m.Name)];

    public ApprovalVerifier Verifier { get; } = new(client.Membership, client.Directory, client.Crypto);

    /// <summary>A reviewer that signs as the context's replica.</summary>
    public static PanelMember MemberOf(IReviewer reviewer, ConsensusContext context) => new(
        reviewer.Name,
        payload => (ReviewRecord.TryParse(payload.Span) is { } record ? reviewer.Review(record) : ReviewOpinion.Refuse("the question is no review record")).ToBytes(),
        context);

    public async Task<IReadOnlyList<ApprovalDecision>> DecideAsync(IReadOnlyList<ReviewRecord> records, CancellationToken cancellationToken)
    {
        var decisions = new ApprovalDecision?[records.Count];
        var questions = new List<(int Index, byte[] Payload)>();
        for (var i = 0; i < records.Count; i++)
        {
            var payload = records[i].ToBytes();
            decisions[i] = payload.Length > ReviewRecord.MaxBytes
                ? ApprovalDecisions.None($"the review record has {payload.Length} bytes; at most {ReviewRecord.MaxBytes} can be decided about", _names)
                : ApprovalRules.Check(records[i]) is { } problem ? ApprovalDecisions.None(problem, _names) : null;
            if (decisions[i] is null)
            {
                questions.Add((i, payload));
            }
        }

        using var deadline = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var reason = string.Create(CultureInfo.InvariantCulture, $"the panel did not decide within {timeout.TotalSeconds:0.#} s");
        try
        {
            await DecideAsync(questions, decisions, reason, both.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // What is open is not approved; the reason says why.
        }
        catch (QuorateException e) when (e.Kind == ErrorKind.Missing)
        {
            reason = $"the panel cannot be asked: {e.Message}";
        }

        return [.. decisions.Select(d => d ?? ApprovalDecisions.None(reason, _names))];
    }

    private async Task DecideAsync(List<(int Index, byte[] Payload)> questions, ApprovalDecision?[] decisions, string reason, CancellationToken cancellationToken)
    {
        if (questions.Count == 0)
        {
            return;
        }

        await using var log = await store.OpenAsync(cancellationToken);
        var replicas = new PanelReplicas(members, log, Now());
        var asked = log.Entries.Aggregate(0UL, (most, e) => Math.Max(most, e.LastAsked));
        foreach (var chunk in questions.Chunk(MaxAtOnce))
        {
            // Durable before it is used: a number asked twice with other content would be the client's contradiction.
            await log.AppendAsync([new PanelEntry(-1, null, asked + (ulong)chunk.Length)], cancellationToken);
            var open = new Dictionary<Digest, int>();
            foreach (var (index, payload) in chunk)
            {
                var request = Request.Sign(client.Crypto, client.Directory, client.Membership.Replicas, ++asked, RequestKind.Question, payload);
                open[request.Digest(client.Crypto)] = index;
                replicas.Ask(request);
            }

            try
            {
                await RunAsync(replicas, open, decisions, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                foreach (var (question, index) in open)
                {
                    decisions[index] = ApprovalDecisions.None(reason, _names, replicas.OpinionsOn(question), Proven(replicas));
                }

                throw;
            }
        }

        // Members that are a round behind would have to catch up first the next time.
        for (var i = 0; i < MaxLastRounds && !replicas.IsQuiet; i++)
        {
            await replicas.RoundAsync(Now(), cancellationToken);
        }

        await log.CompactAsync(() => replicas.Everything(asked), cancellationToken);
    }

    private async Task RunAsync(PanelReplicas replicas, Dictionary<Digest, int> open, ApprovalDecision?[] decisions, CancellationToken cancellationToken)
    {
        while (open.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await replicas.RoundAsync(Now(), cancellationToken);
            foreach (var (question, index) in open.Where(o => replicas.Decided.ContainsKey(o.Key)).ToList())
            {
                var (item, certificate) = replicas.Decided[question];
                decisions[index] = ApprovalDecisions.Of(item, certificate, _names, replicas.OpinionsOn(question), Proven(replicas));
                open.Remove(question);
            }

            if (open.Count > 0 && replicas.IsQuiet)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, replicas.Deadline - Now())), time, cancellationToken);
            }
        }
    }

    private IReadOnlyList<ApprovalFault> Proven(PanelReplicas replicas) => [.. replicas.Faults.Select(f => ApprovalDecisions.FaultOf(f, _names))];

    private long Now() => (long)time.GetElapsedTime(0, time.GetTimestamp()).TotalMilliseconds;
}

using Quorate.Engine.Approval;
using Quorate.Engine.Approval.Reviewers;

namespace Quorate.Tests.Unit.Approval;

/// <summary>A panel of real replicas in memory that outlives the processes of a test, and counts what it is asked.</summary>
internal sealed class TestPanel(params IReadOnlyList<IReviewer> reviewers) : IApprovalPanel, IDisposable
{
    private readonly Lock _gate = new();
    private readonly PanelGroup _group = new(7, reviewers: reviewers);
    private readonly List<ReviewRecord> _asked = [];

    /// <summary>Approves everything; for tests of what happens to plans that strict reviewers would refuse.</summary>
    public static TestPanel Lenient { get; } = new(new Yes("a"), new Yes("b"), new Yes("c"), new Yes("d"));

    public static TestPanel Strict { get; } = CreateStrict();

    public ApprovalVerifier Verifier => _group.Verifier;

    public IReadOnlyList<ReviewRecord> Asked
    {
        get
        {
            lock (_gate)
            {
                return [.. _asked];
            }
        }
    }

    public static TestPanel CreateStrict() => new([.. PanelGroup.Panel(new ApprovalPolicy())]);

    public Task<IReadOnlyList<ApprovalDecision>> DecideAsync(IReadOnlyList<ReviewRecord> records, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _asked.AddRange(records);
            return Task.FromResult<IReadOnlyList<ApprovalDecision>>([.. records.Select(r => _group.Decide(r) ?? throw new InvalidOperationException("the panel did not decide"))]);
        }
    }

    public void Dispose() => _group.Dispose();

    private sealed class Yes(string name) : IReviewer
    {
        public string Name => name;

        public ReviewOpinion Review(ReviewRecord record) => ReviewOpinion.Approve("yes");
    }
}

/// <summary>A panel whose answer is changed on its way.</summary>
internal sealed class TwistedPanel(IApprovalPanel inner, Func<ApprovalDecision, ReviewRecord, ApprovalDecision> twist) : IApprovalPanel
{
    public ApprovalVerifier Verifier => inner.Verifier;

    public async Task<IReadOnlyList<ApprovalDecision>> DecideAsync(IReadOnlyList<ReviewRecord> records, CancellationToken cancellationToken) =>
        [.. (await inner.DecideAsync(records, cancellationToken)).Zip(records, twist)];
}

using Quorate.Contracts.Sites;
using Quorate.Engine.Approval;
using Quorate.Engine.Panels;
using Quorate.Protocol.Consensus;
using Quorate.Storage.Panels;
using Quorate.Tests.Unit.Planning;

namespace Quorate.Tests.Unit.Approval;

/// <summary>The panel as the command line opens it: keys and log in a folder, real signatures, several processes.</summary>
public sealed class EmbeddedPanelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-panel-").FullName;
    private readonly List<IDisposable> _opened = [];
    private readonly ReviewRecord _good = Reviews.Of(new Shop().State("store", ServiceState.Stopped), "start store");
    private readonly ReviewRecord _bad = Reviews.Of(new Shop(), "restart store");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Log => Assert.Single(Directory.GetFiles(Path.Combine(_folder, "log"), "*.log"));

    public void Dispose()
    {
        _opened.AsEnumerable().Reverse().ToList().ForEach(o => o.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Decide_GoodAndBadTogether_EachItsOwnDecisionAndCertificate()
    {
        var panel = Open();

        var decisions = await panel.DecideAsync([_good, _bad], Token);

        Assert.Equal([true, false], decisions.Select(d => d.Approved));
        Assert.Null(panel.Verifier.FindProblem(decisions[0].Certificate, _good.Action));
        Assert.Equal("the panel did not approve the action", panel.Verifier.FindProblem(decisions[1].Certificate, _bad.Action));
        Assert.All(decisions, d => Assert.Equal(["policy", "evidence", "blast-radius", "inverse"], d.Votes.Select(v => v.Reviewer)));
        Assert.All(decisions, d => Assert.DoesNotContain(d.Votes, v => v.Vote == ApprovalVote.None));
        Assert.All(decisions, d => Assert.True(d.Votes.Count(v => v.Counted) >= 3));
        Assert.Equal(1, decisions[0].Confidence);
    }

    [Fact]
    public async Task Decide_SixteenActions_AllDecided()
    {
        var records = Enumerable.Range(0, 16).Select(i => _good with { Action = _good.Action with { TaskId = $"t{i}" }, Plan = [new PlannedAction($"t{i}", "start", "store")] }).ToList();
        var decisions = await Open().DecideAsync(records, Token);
        Assert.All(decisions, d => Assert.True(d.Approved, d.Reason));
    }

    [Fact]
    public async Task Decide_ManyProcessesOneAfterTheOther_NoSequenceNumberTwice()
    {
        var sequences = new List<ulong>();
        for (var process = 0; process < 12; process++)
        {
            var decision = Assert.Single(await Open().DecideAsync([_good], Token));
            Assert.True(decision.Approved, decision.Reason);
            sequences.Add(SequenceOf(decision));
        }

        Assert.Equal(sequences.Distinct().Order(), sequences);
    }

    [Fact]
    public async Task Decide_TwoProcessesAtOnce_TakeTurns()
    {
        EmbeddedPanel[] panels = [Open(), Open()];
        var decided = await Task.WhenAll(panels.SelectMany(p => Enumerable.Range(0, 5).Select(_ => Task.Run(() => p.DecideAsync([_good], Token), Token))));
        Assert.All(decided, d => Assert.True(d[0].Approved, d[0].Reason));
        Assert.Equal(10, decided.Select(d => SequenceOf(d[0])).Distinct().Count());
    }

    [Fact]
    public async Task Decide_LogCutAnywhereInTheLastFrame_Decides()
    {
        await Open().DecideAsync([_good], Token);
        var before = new FileInfo(Log).Length;
        await Open().DecideAsync([_good], Token);
        foreach (var cut in new[] { 1, 5, 13, 200 })
        {
            using (var file = File.OpenWrite(Log))
            {
                file.SetLength(Math.Max(before, file.Length - cut));
            }

            Assert.True(Assert.Single(await Open().DecideAsync([_good], Token)).Approved);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(60)]
    public async Task Decide_LogDamagedInside_ApprovesNothing(int at)
    {
        await Open().DecideAsync([_good], Token);
        var bytes = await File.ReadAllBytesAsync(Log, Token);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(Log, bytes, Token);

        var decision = Assert.Single(await Open().DecideAsync([_good], Token));

        Assert.False(decision.Approved);
        Assert.Null(decision.Certificate);
        Assert.Contains("is damaged", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decide_LogHeldByAnother_EndsAtTheTimeout()
    {
        await Open().DecideAsync([_good], Token);
        await using var held = new FileStream(Path.ChangeExtension(Log, ".lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        var decision = Assert.Single(await Open(timeoutMs: 200).DecideAsync([_good], Token));

        Assert.False(decision.Approved);
        Assert.Equal("the panel did not decide within 0.2 s", decision.Reason);
    }

    [Fact]
    public async Task Decide_NothingInTime_KeepsWhatMembersSaid()
    {
        using var group = new PanelGroup(seed: 1);
        var members = PanelGroup.Panel(new ApprovalPolicy()).Select((r, i) => EmbeddedPanel.MemberOf(r, group.Contexts[i])).ToList();
        var panel = new EmbeddedPanel(members, group.Client, new StalledLog(), TimeSpan.FromMilliseconds(200), TimeProvider.System);

        var decision = Assert.Single(await panel.DecideAsync([_good], Token));

        Assert.Equal((false, 0, null), (decision.Approved, decision.Confidence, decision.Certificate));
        Assert.Equal("the panel did not decide within 0.2 s", decision.Reason);
        Assert.All(decision.Votes, v => Assert.Equal((ApprovalVote.Approve, false), (v.Vote, v.Counted)));
    }

    [Fact]
    public async Task Decide_ProtectedService_IsRefusedByAll()
    {
        var decision = Assert.Single(await Open(new ApprovalPolicy { ProtectedServices = ["store"] }).DecideAsync([_good], Token));
        Assert.False(decision.Approved);
        Assert.All(decision.Votes, v => Assert.Equal("store is a protected service", v.Reason));
    }

    private static ulong SequenceOf(ApprovalDecision decision) =>
        QuorumCertificate.TryDecode(Convert.FromBase64String(decision.Certificate!), out var certificate) ? certificate.Sequence : throw new InvalidOperationException();

    private EmbeddedPanel Open(ApprovalPolicy? policy = null, int timeoutMs = 30_000)
    {
        var folder = PanelFolder.Open(_folder, policy ?? new ApprovalPolicy(), TimeSpan.FromMilliseconds(timeoutMs), null, TimeProvider.System);
        _opened.Add(folder);
        return folder.Panel;
    }

    /// <summary>Keeps what the client asks, then never gets anything onto its disk.</summary>
    private sealed class StalledLog : IPanelLogStore, IPanelLog
    {
        private bool _asked;

        public IReadOnlyList<PanelEntry> Entries => [];

        public Task<IPanelLog> OpenAsync(CancellationToken cancellationToken) => Task.FromResult<IPanelLog>(this);

        public Task AppendAsync(IReadOnlyList<PanelEntry> entries, CancellationToken cancellationToken)
        {
            var stalled = _asked;
            _asked = true;
            return stalled ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken) : Task.CompletedTask;
        }

        public Task CompactAsync(Func<IReadOnlyList<PanelEntry>> entries, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Panels;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Recording;
using Quorate.Tests.Unit.Triage.Fakes;

namespace Quorate.Tests.Unit.Place;

/// <summary>A run whose process dies anywhere goes on in the next one, and nothing is submitted twice.</summary>
public sealed class PlacementResumeTests
{
    private const string Run = "place-1";

    private static readonly ClusterSpec Cluster = Clusters.Of([.. Enumerable.Range(0, 4).Select(i => Clusters.Pool($"a{i}", "general", 1, 4, 4.0m))]);

    private static readonly JobSpec[] Jobs =
    [
        .. Enumerable.Range(0, 3).Select(i => new JobSpec { Name = $"j{i}", CpuCores = 4, MemoryGb = 1.50m }),
        new JobSpec { Name = "after", CpuCores = 2, DependsOn = ["j0"] },
        new JobSpec { Name = "large", CpuCores = 100 },
    ];

    private readonly FakeDisk _disk = new();
    private readonly ScriptedBackend _backend = new();
    private readonly Keys _keys = new();

    public static TheoryData<int> Boundaries => [.. Enumerable.Range(0, 50)];

    [Theory]
    [MemberData(nameof(Boundaries))]
    public async Task Process_DiesAnywhere_NextOneFinishesAndNothingIsSubmittedTwice(int boundary)
    {
        var first = new FakeProcess { DiesAt = boundary };
        try
        {
            await RunAsync(first);
        }
        catch (ProcessDied)
        {
            // As meant; the last boundaries lie behind the end.
        }

        if (_disk.Read(LedgerKinds.PlaceStarted).Count == 0)
        {
            // Nothing had begun.
            Assert.Empty(_backend.Submitted);
            Assert.Equal("run_unknown", (await Assert.ThrowsAsync<QuorateException>(() => RecordedRun.ReadAsync(Ledger(new FakeProcess()), Run, TestContext.Current.CancellationToken))).Code);
            return;
        }

        if (_disk.Read(LedgerKinds.PlaceEnded).Count == 0)
        {
            Assert.Equal([Run], await RecordedRun.FindOpenAsync(Ledger(new FakeProcess()), TestContext.Current.CancellationToken));
            var result = await RunAsync(new FakeProcess());
            Assert.Equal(["completed", "completed", "completed", "completed", null], result.Jobs.Select(j => j.Execution));
            Assert.Equal(PlacementOutcome.Rejected, result.Jobs[^1].Outcome);
        }

        Assert.Equal([$"{Run}.after.1", $"{Run}.j0.1", $"{Run}.j1.1", $"{Run}.j2.1"], _backend.Submitted.Order(StringComparer.Ordinal));
        Assert.Empty(_backend.Cancelled);
        Assert.Empty(await RecordedRun.FindOpenAsync(Ledger(new FakeProcess()), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Resumed_Twice_EachPartSignsForItselfAndTheEndedJobIsNotAskedFor()
    {
        await Assert.ThrowsAsync<ProcessDied>(() => RunAsync(new FakeProcess { DiesAt = 12 }));
        await Assert.ThrowsAsync<ProcessDied>(() => RunAsync(new FakeProcess { DiesAt = 4 }));
        // What ended is the ledger's to tell: the backend has forgotten it.
        var ended = _disk.Read(LedgerKinds.PlaceJobEnded).Select(e => e.Read<StartEnded>().Key).ToList();
        ended.ForEach(k => _backend.Jobs.Remove(k));

        var result = await RunAsync(new FakeProcess());

        Assert.All(result.Jobs.SkipLast(1), j => Assert.Equal("completed", j.Execution));
        Assert.Equal("placement-place-1-3", result.Group.Name);
        var groups = _disk.Entries.Where(e => e.Kind is LedgerKinds.PlaceStarted or LedgerKinds.PlaceResumed).Count();
        Assert.Equal(3, groups);
        Assert.Equal(4, _backend.Submitted.Distinct().Count());
        Assert.Equal(4, _backend.Submitted.Count);
    }

    [Fact]
    public async Task Backend_Gone_LeavesTheRunOpenAndTheNextOneTakesTheResults()
    {
        var interrupted = await RunAsync(new FakeProcess(), tick: now => _backend.Down = now > 3 ? "no controller" : null);
        Assert.NotNull(interrupted.Interrupted);
        Assert.Empty(_disk.Read(LedgerKinds.PlaceEnded));

        _backend.Down = null;
        var result = await RunAsync(new FakeProcess());

        Assert.All(result.Jobs.SkipLast(1), j => Assert.Equal("completed", j.Execution));
        Assert.Single(_disk.Read(LedgerKinds.PlaceEnded));
        Assert.Equal(4, _backend.Submitted.Count);
    }

    [Fact]
    public async Task GivenUp_StillOpenAtTheEnd_IsCancelledByTheNextOne()
    {
        _backend.LosesAnswers = true;
        var first = await RunAsync(new FakeProcess(), tick: now => _backend.Down = now > 2 ? "no controller" : null, jobs: [Jobs[0]]);
        Assert.Equal([$"{Run}.j0.1"], first.LeftOpen);

        (_backend.Down, _backend.LosesAnswers) = (null, false);
        var second = await RunAsync(new FakeProcess(), tick: _ => { });

        Assert.Empty(second.LeftOpen);
        Assert.Equal([$"{Run}.j0.1"], _backend.Cancelled);
        Assert.Equal(PlacementOutcome.Failed, Assert.Single(second.Jobs).Outcome);
        Assert.Single(_disk.Read(LedgerKinds.PlaceEnded));
    }

    [Fact]
    public async Task Ledger_RoundChanged_IsRefused()
    {
        await Assert.ThrowsAsync<ProcessDied>(() => RunAsync(new FakeProcess { DiesAt = 28 }));
        Assert.True(_disk.Read(LedgerKinds.Placement).Count > 1);
        var at = _disk.Entries.FindIndex(e => e.Kind == LedgerKinds.Placement);
        _disk.Entries.RemoveAt(at);
        Assert.Equal("run_damaged", (await Assert.ThrowsAsync<QuorateException>(() => RunAsync(new FakeProcess()))).Code);
    }

    [Fact]
    public async Task Over_IsNotResumed()
    {
        var process = new FakeProcess();
        await RunAsync(process);
        // So each place where a process can die is one of the boundaries above.
        Assert.InRange(process.Passed, 30, Boundaries.Count);
        var ledger = Ledger(new FakeProcess());
        Assert.Equal("run_over", (await Assert.ThrowsAsync<QuorateException>(() => RecordedRun.ReadAsync(ledger, Run, TestContext.Current.CancellationToken))).Code);
    }

    private FakeLedger Ledger(FakeProcess process) => new(_disk, process, TimeProvider.System);

    /// <summary>A process: it begins the run, or goes on with it.</summary>
    private async Task<PlacementResult> RunAsync(FakeProcess process, Action<double>? tick = null, JobSpec[]? jobs = null)
    {
        var ledger = Ledger(process);
        var recorded = _disk.Read(LedgerKinds.PlaceStarted).Count == 0 ? null : await RecordedRun.ReadAsync(ledger, Run, TestContext.Current.CancellationToken);
        var time = new PolledTime();
        time.Tick = () =>
        {
            (tick ?? (_ => { }))(time.Now.TotalSeconds);
            if (tick is null && time.Now.TotalSeconds % 3 == 0)
            {
                _backend.EndAll();
            }
        };
        _backend.Boundary = process.Boundary;
        var journal = new PlacementJournal(ledger, Run, isReal: true);
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = Run,
            Cluster = recorded?.Cluster ?? Cluster,
            Keys = _keys,
            Clock = new VirtualClock(),
            Time = time,
            Backend = _ => _backend,
            Journal = journal,
            History = recorded?.History ?? PlacementHistory.None,
            Options = recorded?.Started.Options ?? new PlacementOptions { BackendName = "slurm", Batch = 2 },
        });
        await (recorded is not null ? journal.ResumedAsync(session.Group, TestContext.Current.CancellationToken) : journal.StartedAsync(
            new PlaceStarted { At = DateTimeOffset.UnixEpoch, Cluster = QuorateJson.Serialize(Cluster), Jobs = Jobs.Length, Options = new PlacementOptions { BackendName = "slurm", Batch = 2 }, TimeoutMs = 1, Group = session.Group },
            jobs ?? Jobs, TestContext.Current.CancellationToken));
        var result = await session.Engine.RunAsync(recorded?.Jobs ?? jobs ?? Jobs, TestContext.Current.CancellationToken);
        await journal.FinishedAsync(result, TestContext.Current.CancellationToken);
        return result;
    }

    private sealed class Keys : IMemberKeys
    {
        private readonly Dictionary<string, ECParameters> _known = [];

        public IReadOnlyList<ECDsa> Open(IReadOnlyList<string> ids) => [.. ids.Select(Open)];

        private ECDsa Open(string id)
        {
            if (!_known.TryGetValue(id, out var key))
            {
                using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                _known[id] = key = made.ExportParameters(includePrivateParameters: true);
            }

            return ECDsa.Create(key);
        }
    }
}

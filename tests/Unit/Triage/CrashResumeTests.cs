using System.Globalization;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Quorate.Tests.Unit.Approval;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Triage;

/// <summary>
/// Kills the orchestrator at every boundary (before and after each durable append, each observation, each step of each
/// effect) and resumes it: the incident must end resolved, and everything must have happened exactly as often as without a kill.
/// </summary>
public sealed class CrashResumeTests
{
    private const int MaxRestarts = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Faults => ["simple", "parallel", "undo", "reconcile"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Resume_KilledAtEveryBoundary_EachEffectHappensOnce(string fault)
    {
        var expected = await RunAsync(fault, []);
        Assert.NotEmpty(expected.Effects);
        for (var point = 0; point < expected.Boundaries; point++)
        {
            var actual = await RunAsync(fault, [point]);
            AssertSame(expected, actual, $"{fault}, killed at {point.ToString(CultureInfo.InvariantCulture)}");
        }
    }

    [Fact]
    public async Task Resume_KilledSeveralTimes120Seeds_EachEffectHappensOnce()
    {
        var faults = Faults.Select(f => (string)f).ToList();
        var expected = new Dictionary<string, Run>(StringComparer.Ordinal);
        foreach (var fault in faults)
        {
            expected[fault] = await RunAsync(fault, []);
        }

        for (var seed = 0; seed < 120; seed++)
        {
            var random = new Random(seed);
            var fault = faults[random.Next(faults.Count)];
            int[] points = [.. Enumerable.Range(0, random.Next(2, 5)).Select(_ => random.Next(expected[fault].Boundaries))];
            AssertSame(expected[fault], await RunAsync(fault, points), $"{fault}, seed {seed.ToString(CultureInfo.InvariantCulture)}, killed at {string.Join(", ", points)}");
        }
    }

    private static void AssertSame(Run expected, Run actual, string at)
    {
        Assert.True(actual.Outcome == TriageOutcome.Resolved, $"{at}: {actual.Outcome}");
        Assert.True(
            expected.Effects.OrderBy(e => e.Key, StringComparer.Ordinal).SequenceEqual(actual.Effects.OrderBy(e => e.Key, StringComparer.Ordinal)),
            $"{at}: {string.Join(", ", actual.Effects)} instead of {string.Join(", ", expected.Effects)}");
    }

    private static async Task<Run> RunAsync(string fault, int[] kills)
    {
        var (world, planner) = Create(fault);
        var disk = new FakeDisk();
        var ids = new SequenceIds();
        var boundaries = 0;
        for (var i = 0; i < MaxRestarts; i++)
        {
            var process = new FakeProcess { DiesAt = i < kills.Length ? kills[i] : null };
            // The wrong plan that has to be undone is one that strict reviewers would not let through.
            var panel = fault == "undo" ? TestPanel.Lenient : TestPanel.Strict;
            var services = Services(world, disk, process, new ScriptedPlanner(planner)) with { IsOwnerDead = _ => true, Ids = ids, Approval = panel };
            var engine = new TriageEngine(services, Instant);
            try
            {
                var open = await engine.FindUnfinishedAsync(Token);
                if (open.Count > 0)
                {
                    await engine.ResumeAsync(open[0].IncidentId, new FakeObserver(), Token);
                }
                else if (disk.Read(LedgerKinds.IncidentClosed).Count == 0)
                {
                    await engine.RunAsync("the shop is down", new FakeObserver(), Token);
                }

                boundaries = process.Passed;
                break;
            }
            catch (ProcessDied)
            {
                boundaries = 0;
            }
        }

        var closed = Assert.Single(disk.Read(LedgerKinds.IncidentClosed)).Read<IncidentClosed>();
        return new Run(closed.Outcome, world.Lived, boundaries);
    }

    private static (FakeWorld World, Func<PlanningContext, PlanProposal> Planner) Create(string fault)
    {
        var world = new FakeWorld(Site(Service("edge", ("MODE", "live")), Service("api", ("DB_HOST", "store")), Service("store"), Service("cache"), Service("worker")));
        switch (fault)
        {
            case "simple":
                world["store"] = world["store"] with { State = ServiceState.Stopped };
                return (world, c => c.History.Count == 0
                    ? Propose(Plan("look", Step("t1", "check_drift", "store"), Step("t2", "check_health", "api")))
                    : Propose(Plan("act", Step("t1", "start", "store"), Step("t2", "verify", "store", ["t1"], ("window", "0s")))));
            case "parallel":
                world["store"] = world["store"] with { State = ServiceState.Stopped };
                world["cache"] = world["cache"] with { State = ServiceState.Paused };
                world["api"] = world["api"] with { Environment = new Dictionary<string, string> { ["DB_HOST"] = "elsewhere" } };
                world.Physics = w =>
                {
                    w.SetHealth("api", w["api"].Environment["DB_HOST"] == "store");
                    w.SetHealth("worker", w.Lived.ContainsKey("worker/began"));
                };
                return (world, _ => Propose(Plan(
                    "act",
                    Step("t1", "start", "store"), Step("t2", "unpause", "cache"),
                    Step("t3", "set_env", "api", ["t1"], ("name", "DB_HOST")), Step("t4", "restart", "worker", ["t1", "t2"]))));
            case "undo":
                world["store"] = world["store"] with { State = ServiceState.Stopped };
                world["edge"] = world["edge"] with { Environment = new Dictionary<string, string> { ["MODE"] = "debug" } };
                return (world, c => c.History.Count == 0
                    ? Propose(Plan("wrong", Step("t1", "set_env", "edge", null, ("name", "MODE")), Step("t2", "restart", "worker")))
                    : Propose(Plan("right", Step("t1", "start", "store"))));
            default:
                world["store"] = world["store"] with { DataProblems = [new DataProblem("/data", DataProblemKind.ReadOnly, true, "mounted read-only")] };
                world["api"] = world["api"] with { Environment = new Dictionary<string, string> { ["DB_HOST"] = "elsewhere" } };
                world.Physics = w =>
                {
                    w.SetHealth("store", w["store"].DataProblems.Count == 0);
                    w.SetHealth("api", w["api"].Environment["DB_HOST"] == "store");
                };
                return (world, _ => Propose(Plan("act", Step("t1", "reconcile", "store"), Step("t2", "reconcile", "api", ["t1"]))));
        }
    }

    private sealed record Run(TriageOutcome Outcome, IReadOnlyDictionary<string, int> Effects, int Boundaries);
}

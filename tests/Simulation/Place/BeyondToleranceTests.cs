using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Faults.Agents;

namespace Quorate.Tests.Simulation.Place;

/// <summary>Five agents tolerate one that is faulty. With two, work may stop; nothing wrong may happen, and it must go on when they are back.</summary>
public sealed class BeyondToleranceTests
{
    private const int Seeds = 100;
    private const int Quorum = 4;
    private const double TimeoutMs = 2_000;

    private static readonly PlacementOptions Options = new() { Batch = 6, KeepProofs = false, MaxUndecided = 4 };

    [Fact]
    public async Task TwoCollude_NothingIsPlacedAgainstTheHonestAndNobodyHonestIsAccused()
    {
        var convicted = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var (random, seen) = (new Random(seed), new Watched());
            var (liars, first) = (Two(random), random.Next(1, 6));
            var plan = new AgentFaultPlan { Schedule = [.. liars.Select(l => new ScheduledFault(NameOf(l), AgentFaultKinds.Collusion, first, random.Next(3, 30)))] };
            var result = await PlacementRuns.RunAsync(new AgentFaultInjector(plan, PlacementRuns.FiveAgents, seed), seed, Options, seen, timeoutMs: TimeoutMs);

            seen.Check(seed, liars);
            Assert.All(result.Findings, f => Assert.Contains(f.Agent, liars.Select(NameOf)));
            Assert.All(result.Jobs, j => Assert.True(j.Outcome == PlacementOutcome.Rejected || j.Execution == "completed", $"seed {seed}, {j.Name}: {j.Outcome} {j.Execution} {j.Reason}"));
            convicted += result.Report.ByzantineDetected.Count;
        }

        Assert.True(convicted > Seeds, $"{convicted} convicted");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TwoAreOut_TheRoundStallsAndWorkGoesOnWhenTheyAreBack(bool crash)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var (random, seen) = (new Random(seed), new Watched());
            var questions = random.Next(1, Options.MaxUndecided);
            var result = await PlacementRuns.RunAsync(new Outage(Two(random), random.Next(1, 5), questions, crash), seed, Options, seen, timeoutMs: TimeoutMs);

            seen.Check(seed, []);
            Assert.True(seen.Stalled == questions, $"seed {seed}: {seen.Stalled} rounds stalled of {questions}");
            Assert.Empty(result.Findings);
            Assert.All(result.Jobs, j => Assert.True(j is { Outcome: PlacementOutcome.Placed, Execution: "completed", Replaced: 0 }, $"seed {seed}, {j.Name}: {j.Outcome} {j.Execution} {j.Reason}"));
        }
    }

    [Fact]
    public async Task OneColludesAndAnotherIsCrashed_PlacesNothingWrongAndGoesOn()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var (random, seen) = (new Random(seed), new Watched());
            var two = Two(random);
            var plan = new AgentFaultPlan { Schedule = [new ScheduledFault(NameOf(two[0]), AgentFaultKinds.Collusion, 1, random.Next(3, 30))] };
            var faults = new Outage([two[1]], random.Next(1, 6), random.Next(2, 12), crash: true, new AgentFaultInjector(plan, PlacementRuns.FiveAgents, seed));
            var result = await PlacementRuns.RunAsync(faults, seed, Options, seen, timeoutMs: TimeoutMs);

            seen.Check(seed, [two[0]]);
            Assert.All(result.Findings, f => Assert.Equal(NameOf(two[0]), f.Agent));
            Assert.All(result.Jobs, j => Assert.True(j.Outcome == PlacementOutcome.Rejected || j.Execution == "completed", $"seed {seed}, {j.Name}: {j.Outcome} {j.Execution} {j.Reason}"));
        }
    }

    [Fact]
    public async Task TwoStayOut_TheRunEndsAndSaysWhy()
    {
        for (var seed = 0; seed < Seeds / 10; seed++)
        {
            var (random, seen) = (new Random(seed), new Watched());
            var result = await PlacementRuns.RunAsync(new Outage(Two(random), 2, int.MaxValue / 2, seed % 2 == 0), seed, Options, seen, timeoutMs: TimeoutMs);

            seen.Check(seed, []);
            Assert.Equal(Options.MaxUndecided, seen.Stalled);
            Assert.All(result.Jobs.Where(j => j.Outcome != PlacementOutcome.Placed), j => Assert.Equal((PlacementOutcome.Failed, "no quorum within 2 s"), (j.Outcome, j.Reason)));
            Assert.Contains(result.Jobs, j => j.Outcome == PlacementOutcome.Failed);
        }
    }

    private static int[] Two(Random random) => [.. Enumerable.Range(0, 5).OrderBy(_ => random.Next()).Take(2)];

    private static string NameOf(int agent) => PlacementRuns.FiveAgents.Agents[agent].Name;

    /// <summary>What each round came to, and what the nodes hold by its own account.</summary>
    private sealed class Watched : IPlacementObserver
    {
        private readonly Holdings _held = new(PlacementRuns.FiveAgents);
        private readonly List<(RoundResult Round, AppliedRound Applied)> _rounds = [];

        public int Stalled { get; private set; }

        public void On(PlacementProgress progress)
        {
            _held.On(progress);
            if (progress is { Round: { } round, Applied: { } applied })
            {
                _rounds.Add((round, applied));
            }
            else
            {
                Stalled += progress.Round is null ? 0 : 1;
            }
        }

        public void Check(int seed, IReadOnlyCollection<int> liars)
        {
            foreach (var (round, applied) in _rounds)
            {
                for (var i = 0; i < applied.Placed.Count; i++)
                {
                    var honest = round.Ballots.Where(b => !liars.Contains(b.Key)).ToList();
                    Assert.True(!applied.Placed[i] || honest.Exists(b => b.Value.Votes[i].Accepts), $"seed {seed}, round {round.Record.Round}: only liars accepted proposal {i}");
                }

                Assert.All(round.Decided, d => Assert.True(d.Item.Opinions.Count >= Quorum, $"seed {seed}, round {round.Record.Round}: {d.Item.Opinions.Count} ballots"));
            }
        }
    }
}

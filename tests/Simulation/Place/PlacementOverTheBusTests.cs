using Quorate.Contracts.Placing;
using Quorate.Engine.Messages;
using Quorate.Engine.Panels;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Choosers;
using Quorate.Protocol.Messaging;

namespace Quorate.Tests.Simulation.Place;

/// <summary>Opinions, roles and results over a bus that loses, doubles, delays and damages them.</summary>
public sealed class PlacementOverTheBusTests
{
    private static readonly string[] Names = [.. PlacementRuns.FiveAgents.Agents.Select(a => a.Name), MemberContexts.ClientName];

    [Fact]
    public async Task Place_MessagesLostDoubledAndDamaged_EveryJobIsPlacedExactlyOnce()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var network = new BadNetwork(seed);
            var rounds = new Placed();
            var result = await RunAsync($"bad-{seed}", network.Pass, rounds, _ => new FitChooser());

            Assert.True(network is { Lost: > 100, Doubled: > 100, Damaged: > 20 }, $"seed {seed}: {network.Lost} lost, {network.Doubled} doubled, {network.Damaged} damaged");
            Assert.All(result.Jobs, j => Assert.True(j is { Outcome: PlacementOutcome.Placed, Execution: "completed", Replaced: 0 }, $"seed {seed}, {j.Name}: {j.Outcome} {j.Execution} {j.Reason}"));
            Assert.Equal(PlacementRuns.ThirtyJobs.Select(j => j.Name).Order(), rounds.Jobs.Order());
            Assert.DoesNotContain(result.Findings, f => f.Proven);
        }
    }

    [Fact]
    public async Task Place_NothingArrivesForAWhile_EveryJobIsPlacedExactlyOnceAfterwards()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var began = random.Next(1, 40);
            var back = Names.ToDictionary(n => n, _ => random.Next(5_000, 120_000), StringComparer.Ordinal);
            var clock = new VirtualClock();
            var rounds = new Placed();
            var bus = new VirtualAgentBus(Names, clock, (from, to) => new Passage(random.Next(5), clock.Now >= began && clock.Now < Math.Max(back[from], back[to])));
            using var session = PlacementSession.Open(new PlacementSetup
            {
                RunId = $"outage-{seed}",
                Cluster = PlacementRuns.FiveAgents,
                Keys = null,
                Clock = clock,
                Bus = bus,
                Group = new AgentGroupOptions { LinkMs = 1, GraceMs = 200, ConsensusTimeoutMs = 3_000 },
                Options = new PlacementOptions { MaxUndecided = 60 },
                Observer = rounds,
            });
            var result = await session.Engine.RunAsync(PlacementRuns.ThirtyJobs, TestContext.Current.CancellationToken);

            Assert.All(result.Jobs, j => Assert.True(j is { Outcome: PlacementOutcome.Placed, Execution: "completed" }, $"seed {seed}, {j.Name}: {j.Outcome} {j.Execution} {j.Reason}"));
            Assert.Equal(PlacementRuns.ThirtyJobs.Select(j => j.Name).Order(), rounds.Jobs.Order());
            Assert.DoesNotContain(result.Findings, f => f.Proven);
        }
    }

    [Fact]
    public async Task Place_OneAgentHearsAndSaysNothing_TheOthersPlaceWithoutItsBallot()
    {
        var gone = Names[3];
        var rounds = new Placed();
        var result = await RunAsync("cut", (from, to) => new Passage(1, from == gone || to == gone), rounds, _ => new FitChooser());

        // It still takes part in the agreement, so its pool stays in use.
        Assert.All(result.Jobs, j => Assert.Equal((PlacementOutcome.Placed, "completed"), (j.Outcome, j.Execution)));
        Assert.All(result.Jobs, j => Assert.DoesNotContain(gone, j.Votes.Select(v => v.Agent)));
        Assert.Equal(rounds.Jobs.Count, rounds.Jobs.Distinct().Count());
    }

    [Fact]
    public async Task Hierarchy_MessagesLostAndDoubled_RolesAreToldAndResultsComeBack()
    {
        var network = new BadNetwork(1);
        HierarchyChooser? chooser = null;
        var rounds = new Placed();
        var result = await RunAsync("tree", network.Pass, rounds, bus => chooser = new HierarchyChooser(PlacementRuns.FiveAgents, "tree", PlacementRuns.ThirtyJobs, bus));

        Assert.All(result.Jobs, j => Assert.Equal((PlacementOutcome.Placed, "completed"), (j.Outcome, j.Execution)));
        Assert.Equal(PlacementRuns.ThirtyJobs.Count, rounds.Jobs.Count);
        Assert.True(rounds.ByRole > PlacementRuns.ThirtyJobs.Count / 2, $"{rounds.ByRole} jobs went where their roles are");
        Assert.True(chooser!.Results.Count > PlacementRuns.ThirtyJobs.Count / 2, $"{chooser.Results.Count} results");
        Assert.All(chooser.Results.Values, r => Assert.Equal("completed", r));
    }

    [Fact]
    public async Task Hierarchy_WorkersHearNothing_TheFitDecides()
    {
        var rounds = new Placed();
        var result = await RunAsync("deaf", (from, to) => new Passage(1, from == MemberContexts.ClientName || to == MemberContexts.ClientName), rounds, bus => new HierarchyChooser(PlacementRuns.FiveAgents, "deaf", PlacementRuns.ThirtyJobs, bus));
        Assert.All(result.Jobs, j => Assert.Equal(PlacementOutcome.Placed, j.Outcome));
        Assert.Equal(0, rounds.ByRole);
    }

    [Fact]
    public async Task Place_BusCarriesNothing_ItIsNotFilledWithTheSameOpinions()
    {
        const int Undecided = 12;
        var bus = new CountingBus(new VirtualAgentBus(Names, new VirtualClock(), (_, _) => new Passage(1, IsLost: true)));
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = "silent",
            Cluster = PlacementRuns.FiveAgents,
            Keys = null,
            Clock = bus.Clock,
            Bus = bus,
            Group = new AgentGroupOptions { LinkMs = 1, ConsensusTimeoutMs = 3_000 },
            Options = new PlacementOptions { MaxUndecided = Undecided },
        });
        var result = await session.Engine.RunAsync(PlacementRuns.ThirtyJobs, TestContext.Current.CancellationToken);

        // Each question's five opinions, and once more whenever the conversation that carried them was closed.
        Assert.All(result.Jobs, j => Assert.NotEqual(PlacementOutcome.Placed, j.Outcome));
        Assert.InRange(bus.Sent, 5 * Undecided, 5 * Undecided * Undecided / 2);
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(90, false)]
    public async Task Place_BusCarriesNothingForAWhile_ItIsWaitedForSoLong(int outageS, bool isWaitedFor)
    {
        var clock = new VirtualClock();
        var inner = new VirtualAgentBus(Names, clock, (_, _) => new Passage(1, IsLost: clock.Now < outageS * 1_000));
        var bus = new CountingBus(inner, () => clock.Now < outageS * 1_000 ? "the broker is down" : null);
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = "waiting",
            Cluster = PlacementRuns.FiveAgents,
            Keys = null,
            Clock = clock,
            Bus = bus,
            Group = new AgentGroupOptions { LinkMs = 1, ConsensusTimeoutMs = 3_000 },
            Options = new PlacementOptions { MaxUndecided = 2, BusPatienceS = 60 },
        });
        var result = await session.Engine.RunAsync(PlacementRuns.ThirtyJobs, TestContext.Current.CancellationToken);

        Assert.All(result.Jobs, j => Assert.Equal((isWaitedFor, isWaitedFor ? null : "the agents' messages do not travel: the broker is down"), (j.Outcome == PlacementOutcome.Placed, j.Reason)));
        Assert.True(isWaitedFor || clock.Now is >= 60_000 and < 66_000, $"given up after {clock.Now} ms");
    }

    private static async Task<PlacementResult> RunAsync(string run, Func<string, string, Passage> network, Placed observer, Func<IAgentBus, IPoolChooser> chooser)
    {
        var bus = new VirtualAgentBus(Names, new VirtualClock(), network);
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = run,
            Cluster = PlacementRuns.FiveAgents,
            Keys = null,
            Clock = bus.Clock,
            Bus = bus,
            Chooser = chooser(bus),
            Group = new AgentGroupOptions { LinkMs = 1, GraceMs = 200 },
            Observer = observer,
        });
        return await session.Engine.RunAsync(PlacementRuns.ThirtyJobs, TestContext.Current.CancellationToken);
    }

    private sealed class CountingBus(IAgentBus inner, Func<string?>? trouble = null) : IAgentBus
    {
        public int Sent { get; private set; }

        public IGroupClock Clock => inner.Clock;

        public bool IsQuiet => inner.IsQuiet;

        public double NextDue => inner.NextDue;

        public Task? Arrival => inner.Arrival;

        public string? Trouble => trouble?.Invoke();

        public void On(string topic, Func<AgentMessage, bool> handler) => inner.On(topic, handler);

        public void Send(string from, MessageDraft draft)
        {
            Sent++;
            inner.Send(from, draft);
        }

        public bool Deliver() => inner.Deliver();

        public void Close(string conversation) => inner.Close(conversation);
    }

    private sealed class BadNetwork(int seed)
    {
        private readonly Random _random = new(seed);

        public int Lost { get; private set; }

        public int Doubled { get; private set; }

        public int Damaged { get; private set; }

        public Passage Pass(string from, string to)
        {
            var (isLost, isDoubled, isDamaged) = (_random.Next(3) == 0, _random.Next(4) == 0, _random.Next(10) == 0);
            (Lost, Doubled, Damaged) = (Lost + (isLost ? 1 : 0), Doubled + (isDoubled ? 1 : 0), Damaged + (isDamaged ? 1 : 0));
            return new Passage(_random.Next(10), isLost, isDoubled ? _random.Next(30) : -1, isDamaged ? _random.Next() : -1);
        }
    }

    /// <summary>Each time that a job got its nodes, by name.</summary>
    private sealed class Placed : IPlacementObserver
    {
        public List<string> Jobs { get; } = [];

        public int ByRole { get; private set; }

        public void On(PlacementProgress progress)
        {
            if (progress is { Round: { } round, Applied: { } applied })
            {
                foreach (var (proposal, _) in round.Record.Proposals.Zip(applied.Placed).Where(p => p.Second))
                {
                    Jobs.Add(proposal.Job);
                    ByRole += proposal.Basis?.StartsWith("hierarchy", StringComparison.Ordinal) == true ? 1 : 0;
                }
            }
        }
    }
}

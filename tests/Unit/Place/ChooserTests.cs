using Quorate.Cli.Bench;
using Quorate.Contracts.Placing;
using Quorate.Engine.Coordination;
using Quorate.Engine.Messages;
using Quorate.Engine.Panels;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Choosers;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Queueing;
using Quorate.Engine.Place.Votes;

namespace Quorate.Tests.Unit.Place;

/// <summary>Pools of two nodes each, of which a fits best.</summary>
public class ChooserTests
{
    private static readonly ClusterSpec Cluster = Clusters.Of(Clusters.Pool("a", "general", 2, 8, 0), Clusters.Pool("b", "general", 2, 4, 0), Clusters.Pool("c", "general", 2, 8, 0), Clusters.Pool("d", "general", 2, 8, 0));
    private static readonly IReadOnlyDictionary<string, List<string>> NothingRefused = new Dictionary<string, List<string>>();
    private readonly NodePools _free = new(Cluster);

    public static TheoryData<string> Protocols => ["consensus", "auction", "hierarchy"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Backfilled_FitsBetterElsewhere_StaysWhereItDelaysNobody(string protocol)
    {
        var choice = Assert.Single(await Chooser(protocol, "j").ChooseAsync([Backfilled("j", pool: 3)], 9, _free, NothingRefused, Token));

        // Voters would say that a fits as well, and comes first.
        Assert.Equal(3, choice.Placement.Pool);
        Assert.NotNull(choice.Basis);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Backfilled_NodesTakenMeanwhile_IsLeftOut(string protocol)
    {
        _free.Take(new Placement(0, [0, 1], new(8, 0, 0, 0)));
        Assert.Empty(await Chooser(protocol, "j").ChooseAsync([Backfilled("j", pool: 0)], 9, _free, NothingRefused, Token));

        for (var pool = 1; pool < 4; pool++)
        {
            _free.Take(new Placement(pool, [0, 1], _free.Pools[pool].Node));
        }

        Assert.Empty(await Chooser(protocol, "j").ChooseAsync([Backfilled("j", pool: 0)], 9, _free, NothingRefused, Token));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Choices_FirstIsRefusedWhereThereIsRoom_TheNextTakesItsTurn(string protocol)
    {
        var refused = new Dictionary<string, List<string>> { ["first"] = ["a", "b", "c", "d"] };
        var starts = new[] { InOrder("first"), InOrder("second"), InOrder("third") };

        Assert.Equal(["second"], (await Chooser(protocol, "first", "second", "third").ChooseAsync(starts, 1, _free, refused, Token)).Select(c => c.Job.Name));
    }

    [Fact]
    public async Task Hierarchy_PoolIsBack_HasRolesAgain()
    {
        var names = Enumerable.Range(0, 12).Select(i => $"j{i}").ToArray();
        var chooser = (HierarchyChooser)Chooser("hierarchy", names);
        var whole = chooser.Hierarchy.Duties;
        Assert.Contains("a", whole.Select(d => d.Worker));

        foreach (var isDown in new[] { true, false, true, false })
        {
            _free.Pools[0].SetPoolDown(isDown);
            await chooser.ChooseAsync([InOrder(names[0])], 1, _free, NothingRefused, Token);
            Assert.Equal(!isDown, chooser.Hierarchy.Duties.Any(d => d.Worker == "a"));
        }

        Assert.Equal(whole, chooser.Hierarchy.Duties);
    }

    [Theory]
    [InlineData("completed", true)]
    [InlineData("failed", false)]
    [InlineData("node_failed", false)]
    [InlineData("lost", false)]
    [InlineData("convicted", false)]
    public async Task Auction_WinnerOfTheFirst_KeepsWinningOnlyWhileItDoesWell(string ends, bool wins)
    {
        var chooser = (AuctionChooser)Chooser("auction", "first", "second");
        var first = Assert.Single(await chooser.ChooseAsync([InOrder("first")], 1, _free, NothingRefused, Token)).Placement.Pool;
        var agent = Cluster.Agents[first].Name;
        _free.CopyFrom(new NodePools(Cluster));
        for (var i = 0; i < 20; i++)
        {
            Tell(chooser, agent, $"job{i}", ends);
        }

        var second = Assert.Single(await chooser.ChooseAsync([InOrder("second")], 1, _free, NothingRefused, Token)).Placement.Pool;

        Assert.Equal(wins, second == first);
    }

    /// <summary>A job was placed in an agent's pool, and how it ended.</summary>
    private static void Tell(AuctionChooser chooser, string agent, string job, string ends)
    {
        var state = new PlacementState(Records.Cluster, Records.Run);
        Told([true], Records.Proposal(job, agent, [0]));
        if (ends == "lost")
        {
            Told([], lost: job);
        }
        else if (ends == "convicted")
        {
            chooser.On(new PlacementProgress { Finding = new Finding(agent, "wrong_vote", Proven: true, 1, "") });
        }
        else
        {
            chooser.On(new PlacementProgress { Job = new PlacedJob { Name = job, Outcome = PlacementOutcome.Placed, Agent = agent, Execution = ends } });
        }

        void Told(bool[] placed, Proposal? proposal = null, string? lost = null) => chooser.On(new PlacementProgress
        {
            Round = new RoundResult { Record = Records.After(state, proposal is null ? [] : [proposal]), Decided = [], Ballots = new Dictionary<int, Ballot>(), Cast = new Dictionary<int, CastBallot>(), Findings = [], ElapsedMs = 1, View = 0 },
            Applied = new AppliedRound(1, placed, new RoundOutcome(placed, []), lost is null ? [] : [lost]),
        });
    }

    private static Start InOrder(string name) => new(Job(name), new Placement(1, [0], new(4, 0, 0, 0)), Backfilled: false);

    private static Start Backfilled(string name, int pool) => new(Job(name), new Placement(pool, [0], new(4, 0, 0, 0)), Backfilled: true);

    private static QueuedJob Job(string name) => new() { Name = name, Needs = new(4, 0, 0, 0), Walltime = TimeSpan.FromSeconds(60) };

    private static IPoolChooser Chooser(string protocol, params string[] names)
    {
        var jobs = names.Select(n => new JobSpec { Name = n, CpuCores = 4 }).ToList();
        var bus = new VirtualAgentBus([.. Cluster.Agents.Select(a => a.Name), MemberContexts.ClientName], new VirtualClock());
        return protocol switch
        {
            "auction" => new AuctionChooser(Cluster, "run", new AuctionHouse(new EphemeralKeys(), TimeProvider.System), jobs),
            "hierarchy" => new HierarchyChooser(Cluster, "run", jobs, bus),
            _ => new FitChooser(),
        };
    }
}

using Quorate.Engine.Approval;
using Quorate.Protocol.Consensus.Simulation;
using Quorate.Tests.Unit.Planning;

namespace Quorate.Tests.Unit.Approval;

/// <summary>One of four members lies, in its votes and in the protocol: good actions are still approved, bad ones refused.</summary>
public sealed class LyingMemberTests
{
    private const int Cases = 1_000;
    private const int RealCases = 40;

    private static readonly string[][] BadPlans =
    [
        ["restart store"], ["restart edge"], ["reconcile queue"], ["reconcile api"], ["restart worker", "restart cache"], ["kubectl_rollout_restart store"],
        ["set_env api name=STORE_URL"], ["exec store command=flush"], ["exec api command=rm"],
        ["restart edge", "restart api", "restart store", "restart cache", "restart queue", "restart worker"],
    ];

    [Fact]
    public async Task Decide_OneOfFourLies1000Seeds_GoodApprovedBadRefused()
    {
        var (good, bad) = (await GoodAsync(), Bad());
        Assert.True(good.Count >= 15, $"{good.Count} good actions");
        var wrong = Enumerable.Range(0, Cases).Select(seed => Judge(seed, good, bad, realKeys: false)).OfType<string>().ToList();
        Assert.True(wrong.Count == 0, string.Join("\n", wrong.Take(10)));
    }

    [Fact]
    public async Task Decide_OneOfFourLiesRealSignatures_GoodApprovedBadRefused()
    {
        var (good, bad) = (await GoodAsync(), Bad());
        var wrong = Enumerable.Range(Cases, RealCases).Select(seed => Judge(seed, good, bad, realKeys: true)).OfType<string>().ToList();
        Assert.True(wrong.Count == 0, string.Join("\n", wrong.Take(10)));
    }

    /// <summary>What went wrong; null when nothing did.</summary>
    private static string? Judge(int seed, List<ReviewRecord> good, List<ReviewRecord> bad, bool realKeys)
    {
        var random = new SimulatedRandom((ulong)seed);
        var isGood = random.Chance(500);
        var record = isGood ? good[random.Below(good.Count)] : bad[random.Below(bad.Count)];
        var (liar, lie) = (seed % 4, (Lie)(1 + (seed / 4 % 4)));
        using var group = new PanelGroup((ulong)seed, liar, lie, realKeys);
        var decision = group.Decide(record);
        var at = $"seed {seed}, member {liar} lies ({lie}): {record.Action.Type} {record.Action.Target}";
        if (decision is null)
        {
            return $"{at}: not decided";
        }

        if (decision.Approved != isGood)
        {
            return $"{at}: {(decision.Approved ? "approved" : "refused: " + decision.Reason)}";
        }

        if (group.Proven.Exists(e => e.Accused != liar))
        {
            return $"{at}: an honest member was accused";
        }

        return group.Verifier.FindProblem(decision.Certificate, record.Action) is null == isGood ? null : $"{at}: the certificate does not say so";
    }

    /// <summary>The rulebook's repairs that all four members approve when nobody lies.</summary>
    private static async Task<List<ReviewRecord>> GoodAsync()
    {
        var records = new List<ReviewRecord>();
        foreach (var fault in RulebookPlannerTests.Faults.Select(f => f.Data.Item1))
        {
            var shop = RulebookPlannerTests.Broken(fault);
            shop.Ran((await RulebookPlannerTests.ProposeAsync(shop)).Plan!);
            records.AddRange(Reviews.Of(shop.Context(), (await RulebookPlannerTests.ProposeAsync(shop)).Plan!));
        }

        return records.FindAll(r => Approvals(r) == 4);
    }

    private static List<ReviewRecord> Bad()
    {
        List<ReviewRecord> records = [.. BadPlans.SelectMany(p => Reviews.Of(new Shop().Context(), Reviews.Plan(p)))];
        Assert.All(records, r => Assert.InRange(Approvals(r), 0, 1));
        return records;
    }

    private static int Approvals(ReviewRecord record) => PanelGroup.Panel(new ApprovalPolicy()).Count(r => r.Review(record).Approves);
}

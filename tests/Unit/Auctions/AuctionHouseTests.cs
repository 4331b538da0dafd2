using Quorate.Cli.Bench;
using Quorate.Cli.Coordination;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Coordination;
using Quorate.Engine.Messages;
using Quorate.Engine.Panels;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Recording;
using Quorate.Protocol.Auction;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Messaging;

namespace Quorate.Tests.Unit.Auctions;

/// <summary>Whole auctions, with signatures and the agents' consensus.</summary>
public class AuctionHouseTests
{
    /// <summary>With signatures and consensus, so fewer than the ten thousand of the evaluation.</summary>
    private const int LyingAuctions = 40;

    private static readonly EphemeralKeys Keys = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Auction_LyingAuctioneer_ChangesNothing()
    {
        var lied = 0;
        for (var seed = 0; seed < LyingAuctions; seed++)
        {
            var (task, agents) = Case(seed);
            var nonce = new byte[32];
            IBidder[] Bidders() => [.. agents.Select(a => new SealedBidder(a, (_, _) => ValueTask.FromResult(a.Bid), nonce))];
            var honest = await new AuctionHouse(Keys, TimeProvider.System).RunAsync($"lie-{seed}", task, Bidders(), [], Token);
            var lie = AuctionFaults.Lies[seed % AuctionFaults.Lies.Count];
            var options = new AuctionOptions { Propose = AuctionFaults.LyingFirst(lie) };
            var attacked = await new AuctionHouse(Keys, TimeProvider.System, options).RunAsync($"lie-{seed}", task, Bidders(), [], Token);

            Assert.NotNull(honest.Winner);
            Assert.Equal((honest.Winner, honest.Price, honest.Bid!.Cost), (attacked.Winner, attacked.Price, attacked.Bid!.Cost));
            Assert.Equal(honest.Ranking, attacked.Ranking);
            Assert.All(honest.Scores, s => Assert.Equal(s.Value, attacked.Scores[s.Key]));
            Assert.Single(honest.Auctioneers);
            Assert.Equal([false, true], attacked.Auctioneers.Select(a => a.Accepted));
            var evidence = Assert.Single(attacked.Evidence);
            Assert.Equal(honest.Auctioneers[0].Agent, evidence.Agent);
            // A record without some messages agrees with itself: that proves no lie, though it is refused.
            var proven = lie is "winner" or "price";
            Assert.Equal(proven ? "false_proposal" : "outvoted_proposal", evidence.Kind);
            Assert.Equal(proven ? [evidence.Agent] : [], attacked.Past.Defaulted);
            lied++;
        }

        Assert.Equal(LyingAuctions, lied);
    }

    [Fact]
    public async Task Certificate_AnyAuction_ProvesTheDecisionOfTheRecord()
    {
        var (task, agents) = Case(5);
        var result = await RunAsync(task, agents);
        var certificate = result.Certificate!;
        var decision = QuorateJson.Deserialize<AuctionDecision>(certificate.Outcome.GetRawText())!;
        Assert.Equal((result.Winner, result.Price, result.RecordHash), (decision.Winner, decision.Price, decision.RecordHash));
        Assert.Equal(result.RecordHash, AuctionRecords.HashOf(result.Record!));
        Assert.Null(AuctionRecords.FindProblem(result.Record!));
        Assert.True(certificate.Signers.Count >= Membership.Largest(agents.Length).Quorum);
        Assert.Null(Read(certificate).Check(RecordedRun.DirectoryOf(certificate.Group)));
    }

    [Fact]
    public async Task Auction_OneBidder_PaidTheReserve()
    {
        var (task, agents) = Case(1);
        var result = await RunAsync(task, agents[0]);
        Assert.Equal((agents[0].Name, task.Requirements.MaxCost), (result.Winner, result.Price));
        Assert.Null(result.RunnerUp);
        Assert.NotNull(result.Certificate);
    }

    [Fact]
    public async Task Auction_NoBidder_NoWinnerWithTheReason()
    {
        var (task, agents) = Case(1);
        var empty = await RunAsync(task);
        Assert.Equal((null, "nobody takes part"), (empty.Winner, empty.Reason));
        Assert.Null(empty.Certificate);
        var silent = await RunAsync(task, [.. agents.Select(a => a with { Bid = null })]);
        Assert.Null(silent.Winner);
        Assert.Equal($"none of {agents.Length} agents made a bid that counts", silent.Reason);
        Assert.All(silent.Excluded, e => Assert.Equal(ExclusionReason.NoBid, e.Reason));
        Assert.NotNull(silent.Certificate);
    }

    [Fact]
    public async Task Auction_AllAboveTheReserve_NoWinner()
    {
        var (task, agents) = Case(1);
        var result = await RunAsync(task, [.. agents.Select(a => a with { Bid = a.Bid! with { Cost = task.Requirements.MaxCost * 2 } })]);
        Assert.Null(result.Winner);
        Assert.Null(result.Price);
        Assert.All(result.Excluded, e => Assert.Equal(ExclusionReason.AboveReserve, e.Reason));
    }

    [Fact]
    public async Task Reveal_WithheldOrTooLate_EvidenceAndTheOthersDecide()
    {
        var (task, agents) = Case(2);
        var best = (await RunAsync(task, agents)).Winner!;
        IBidder[] bidders = [.. agents.Select(a => a.Name == best ? AuctionFaults.Withholding(new SealedBidder(a)) : new LateBidder(new SealedBidder(a), a == agents.First(o => o.Name != best)))];
        var options = new AuctionOptions { RevealTimeout = TimeSpan.FromMilliseconds(200) };
        var result = await new AuctionHouse(Keys, TimeProvider.System, options).RunAsync("late", task, bidders, [], Token);
        var late = agents.First(o => o.Name != best).Name;
        Assert.Equal(new[] { best, late }.Order(), result.Evidence.Select(e => e.Agent));
        Assert.All(result.Evidence, e => Assert.Equal(ExclusionReason.NotRevealed, e.Kind));
        Assert.Equal(new[] { best, late }.Order(), result.Past.Defaulted.Order());
        Assert.Contains(late, result.Failures.Keys);
        Assert.NotNull(result.Winner);
        Assert.DoesNotContain(result.Winner, new[] { best, late });
    }

    [Fact]
    public async Task Bus_LosesDoublesAndReordersMessages_SameWinnerAndPrice()
    {
        var (lost, doubled) = (0, 0);
        for (var seed = 0; seed < 10; seed++)
        {
            var (task, agents) = Case(seed);
            var nonce = new byte[32];
            IBidder[] Bidders() => [.. agents.Select(a => new SealedBidder(a, (_, _) => ValueTask.FromResult(a.Bid), nonce))];
            var expected = await new AuctionHouse(Keys, TimeProvider.System).RunAsync($"bus-{seed}", task, Bidders(), [], Token);
            var random = new Random(seed);
            var bus = new VirtualAgentBus([.. agents.Select(a => a.Name), MemberContexts.ClientName], new VirtualClock(), (_, _) =>
            {
                var passage = new Passage(random.Next(20), random.Next(3) == 0, random.Next(3) == 0 ? random.Next(20) : -1, random.Next(5) == 0 ? random.Next() : -1);
                (lost, doubled) = (lost + (passage.IsLost ? 1 : 0), doubled + (passage.CopyDelay >= 0 ? 1 : 0));
                return passage;
            });
            var result = await new AuctionHouse(Keys, TimeProvider.System, new AuctionOptions { Bus = bus }).RunAsync($"bus-{seed}", task, Bidders(), [], Token);

            Assert.NotNull(result.Winner);
            Assert.Equal((expected.Winner, expected.Price), (result.Winner, result.Price));
            Assert.Empty(result.Failures);
            Assert.True(bus.Clock.Now > 0, "it took no virtual time");
        }

        Assert.True(lost > 50 && doubled > 50, $"{lost} lost, {doubled} doubled");
    }

    [Fact]
    public async Task Bus_CutsABidderOff_OutForWantOfAnAnswer()
    {
        var (task, agents) = Case(4);
        var gone = agents[1].Name;
        var bus = new VirtualAgentBus([.. agents.Select(a => a.Name), MemberContexts.ClientName], new VirtualClock(), (from, to) => new Passage(1, from == gone || to == gone));
        var result = await new AuctionHouse(Keys, TimeProvider.System, new AuctionOptions { Bus = bus }).RunAsync("cut", task, [.. agents.Select(a => new SealedBidder(a))], [], Token);
        Assert.Equal("it did not answer in time", Assert.Single(result.Failures, f => f.Key == gone).Value);
        Assert.NotEqual(gone, result.Winner);
        Assert.InRange(bus.Clock.Now, 10_000, 11_000);
    }

    [Fact]
    public async Task Bidder_FailsOrBidsNonsense_OutWithItsErrorAndNotAccused()
    {
        var (task, agents) = Case(3);
        IBidder[] bidders =
        [
            new SealedBidder(agents[0], (_, _) => throw new InvalidOperationException("no model answers")),
            new SealedBidder(agents[1], (_, _) => ValueTask.FromResult<AgentBid?>(new AgentBid { Cost = double.NaN })),
            new SealedBidder(agents[2], (_, _) => throw new OperationCanceledException("gave up")),
            .. agents.Skip(3).Select(a => new SealedBidder(a)),
        ];
        var result = await new AuctionHouse(Keys, TimeProvider.System).RunAsync("failing", task, bidders, [], Token);
        Assert.Equal("no model answers", result.Failures[agents[0].Name]);
        Assert.Contains("cost is NaN", result.Failures[agents[1].Name], StringComparison.Ordinal);
        Assert.Equal(3, result.Failures.Count);
        Assert.Empty(result.Evidence);
        Assert.NotNull(result.Winner);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a", "A")]
    [InlineData("engine", "a")]
    [InlineData("../a", "b")]
    public async Task Agents_NamesThatClash_Refused(string one, string other)
    {
        var (task, _) = Case(1);
        var error = await Assert.ThrowsAsync<QuorateException>(() => RunAsync(task, new AgentProfile { Name = one }, new AgentProfile { Name = other }));
        Assert.Equal("agent_name_invalid", error.Code);
    }

    [Fact]
    public async Task History_ManyWins_ConcentrationGrowsAndNoveltyFalls()
    {
        var (task, agents) = Case(4);
        var first = await RunAsync(task, agents);
        var later = await new AuctionHouse(Keys, TimeProvider.System).RunAsync("again", task, [.. agents.Select(a => new SealedBidder(a))], [.. Enumerable.Repeat(first.Past, 10)], Token);
        Assert.True(later.Scores[first.Winner!].Risk > first.Scores[first.Winner!].Risk);
        Assert.Equal(0, later.Scores[first.Winner!].Innovation);
    }

    private static Task<AuctionResult> RunAsync(AuctionTask task, params AgentProfile[] agents) =>
        new AuctionHouse(Keys, TimeProvider.System).RunAsync("auction-0", task, [.. agents.Select(a => new SealedBidder(a))], [], Token);

    /// <summary>Five agents whose bids count.</summary>
    private static (AuctionTask Task, AgentProfile[] Agents) Case(int seed)
    {
        var random = new Random(seed);
        var task = new AuctionTask
        {
            Name = "task",
            Requirements = new AuctionRequirements { MaxCost = 100, MaxDurationS = 1000 },
            CriteriaWeights = Criteria.Names.ToDictionary(n => n, _ => 1 + random.NextDouble()),
        };
        return (task, [.. Enumerable.Range(0, 5).Select(i => new AgentProfile
        {
            Name = $"agent-{i}",
            History = [.. Enumerable.Range(0, 5).Select(_ => new PastTask { Succeeded = random.Next(5) > 0, Quality = random.NextDouble() })],
            Bid = new AgentBid { Cost = random.NextDouble() * 90, DurationS = 100 + random.Next(800), Approach = [$"way {i}"], Load = random.NextDouble() },
        })]);
    }

    private static QuorumCertificate Read(OutcomeCertificate certificate)
    {
        Assert.Null(CertificateText.Read(System.Text.Encoding.ASCII.GetBytes(certificate.Text), out var read));
        return read!;
    }

    /// <summary>Opens its bid never, if it is late, but keeps everybody waiting.</summary>
    private sealed class LateBidder(IBidder inner, bool isLate) : IBidder
    {
        public AgentProfile Profile => inner.Profile;

        public Task<IReadOnlyList<SignedCommitment>> CommitAsync(AuctionNotice notice, BidSigner signer, CancellationToken cancellationToken) => inner.CommitAsync(notice, signer, cancellationToken);

        public async Task<SignedReveal?> RevealAsync(BidSigner signer, CancellationToken cancellationToken)
        {
            if (isLate)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            return await inner.RevealAsync(signer, cancellationToken);
        }
    }
}

using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Auction;

namespace Quorate.Tests.Unit.Auctions;

/// <summary>Bids that are tampered with after they were sealed, and agents that break the rules.</summary>
public sealed class SealedBidTests : IDisposable
{
    private static readonly AuctionTask Task = new()
    {
        Name = "reindex",
        Requirements = new AuctionRequirements { MaxCost = 100, MaxDurationS = 3600 },
        CriteriaWeights = new Dictionary<string, double> { ["cost"] = 1, ["performance"] = 1 },
    };

    private static readonly AuctionNotice Notice = new("auction-1", Task);
    private readonly Dictionary<string, ECDsa> _keys = new[] { "ada", "bob", "cyd" }.ToDictionary(n => n, _ => ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public void Dispose() => _keys.Values.ToList().ForEach(k => k.Dispose());

    [Fact]
    public void Bid_SealedAndOpened_Counts()
    {
        var record = RecordOf(Agent("ada", 40), Agent("bob", 60));
        Assert.Equal("ada", record.Outcome.Winner);
        Assert.Equal(60, record.Outcome.Price!.Value, 9);
        Assert.Empty(record.Outcome.Evidence);
        Assert.Null(AuctionRecords.FindProblem(record));
    }

    [Fact]
    public void Seal_SameBid_HiddenByTheNonceAndBoundToAuctionTaskAndAgent()
    {
        var (bid, nonce) = (new AgentBid { Cost = 40 }, new byte[32]);
        var sealedBid = Notice.Seal("ada", bid, nonce);
        Assert.Equal(sealedBid, Notice.Seal("ada", new AgentBid { Cost = 40 }, nonce));
        string[] others =
        [
            Notice.Seal("bob", bid, nonce),
            Notice.Seal("ada", bid, [1, .. nonce[1..]]),
            Notice.Seal("ada", bid with { Cost = 40.000001 }, nonce),
            Notice.Seal("ada", bid with { Approach = ["x"] }, nonce),
            new AuctionNotice("auction-2", Task).Seal("ada", bid, nonce),
        ];
        Assert.Equal(6, others.Append(sealedBid).Distinct().Count());
        Assert.Throws<ArgumentException>(() => Notice.Seal("ada", bid, new byte[31]));
    }

    [Theory]
    [InlineData("cost")]
    [InlineData("nonce")]
    [InlineData("nonce_form")]
    [InlineData("signature")]
    [InlineData("other_agent")]
    [InlineData("other_auction")]
    [InlineData("other_task")]
    [InlineData("commitment_as_reveal")]
    public void Reveal_TamperedByAnother_NotCountedAsTheAgents(string what)
    {
        var ada = Agent("ada", 40);
        var (reveal, nonce) = (ada.Reveal!, new byte[32]);
        var tampered = what switch
        {
            "cost" => reveal with { Bid = reveal.Bid with { Cost = 1 } },
            "nonce" => reveal with { Nonce = new string('a', 64) },
            "nonce_form" => reveal with { Nonce = "zz" },
            "signature" => reveal with { Signature = Convert.ToBase64String(new byte[64]) },
            "other_agent" => new BidSigner(Notice, "ada", _keys["bob"]).Reveal(reveal.Bid, nonce),
            "other_auction" => new BidSigner(new AuctionNotice("auction-2", Task), "ada", _keys["ada"]).Reveal(reveal.Bid, nonce),
            "other_task" => new BidSigner(new AuctionNotice("auction-1", Task with { RiskWeight = 0.2 }), "ada", _keys["ada"]).Reveal(reveal.Bid, nonce),
            _ => reveal with { Signature = ada.Commitments[0].Signature },
        };
        var outcome = RecordOf(ada with { Reveal = tampered }, Agent("bob", 60)).Outcome;
        Assert.Equal("bob", outcome.Winner);
        Assert.Equal(("ada", ExclusionReason.NotRevealed), (outcome.Excluded[0].Agent, outcome.Excluded[0].Reason));
    }

    [Fact]
    public void Commitment_SignedByAnother_NoBidAndNoEvidence()
    {
        var forged = Agent("ada", 40) with { Commitments = [new BidSigner(Notice, "ada", _keys["bob"]).Commit(new AgentBid { Cost = 1 }, new byte[32])] };
        var outcome = RecordOf(forged, Agent("bob", 60)).Outcome;
        Assert.Equal(ExclusionReason.NoBid, Assert.Single(outcome.Excluded).Reason);
        Assert.Empty(outcome.Evidence);
    }

    [Fact]
    public void Commitment_AnotherBesideAForgedOne_OnlyTheSignedOneCounts()
    {
        var ada = Agent("ada", 40);
        var forged = new BidSigner(Notice, "ada", _keys["bob"]).Commit(new AgentBid { Cost = 1 }, new byte[32]);
        Assert.Equal("ada", RecordOf(ada with { Commitments = [ada.Commitments[0], forged] }, Agent("bob", 60)).Outcome.Winner);
    }

    [Fact]
    public void DoubleBid_BothSigned_EvidenceOfBothAndOut()
    {
        var ada = Agent("ada", 40);
        var second = new BidSigner(Notice, "ada", _keys["ada"]).Commit(new AgentBid { Cost = 1 }, new byte[32]);
        var outcome = RecordOf(ada with { Commitments = [second, ada.Commitments[0]] }, Agent("bob", 60)).Outcome;
        Assert.Equal("bob", outcome.Winner);
        var evidence = Assert.Single(outcome.Evidence);
        Assert.Equal((ExclusionReason.DoubleBid, "ada"), (evidence.Kind, evidence.Agent));
        Assert.Equal(new[] { second.Hash, ada.Commitments[0].Hash }.Order(), new[] { evidence.First.Hash, evidence.Second!.Hash }.Order());
        using var keys = KeysOf("ada");
        Assert.True(keys.Verify(Notice, AuctionStatement.Commitment, "ada", evidence.First.Hash, evidence.First.Signature));
        Assert.True(keys.Verify(Notice, AuctionStatement.Commitment, "ada", evidence.Second.Hash, evidence.Second.Signature));
        Assert.Equal(["ada"], AuctionRecords.PastOf(outcome).Defaulted);
    }

    [Fact]
    public void DoubleBid_HiddenBehindJunkAndCopies_IsEvidenceAllTheSame()
    {
        var ada = Agent("ada", 40);
        var second = new BidSigner(Notice, "ada", _keys["ada"]).Commit(new AgentBid { Cost = 1 }, new byte[32]);
        SignedCommitment[] junk = [.. "0f".Select(c => new SignedCommitment(new string(c, 64), second.Signature))];
        var outcome = RecordOf(ada with { Commitments = [.. junk, ada.Commitments[0], ada.Commitments[0], second, second] }, Agent("bob", 60)).Outcome;
        Assert.Equal((ExclusionReason.DoubleBid, "ada"), Assert.Single(outcome.Evidence) is var e ? (e.Kind, e.Agent) : default);
    }

    [Fact]
    public void DoubleBid_TheSameTwice_CountsOnce()
    {
        var ada = Agent("ada", 40);
        Assert.Equal("ada", RecordOf(ada with { Commitments = [ada.Commitments[0], ada.Commitments[0]] }, Agent("bob", 60)).Outcome.Winner);
    }

    [Fact]
    public void Reveal_AnotherBidThanSealed_EvidenceByItsOwnSignatures()
    {
        var ada = Agent("ada", 40) with { Reveal = new BidSigner(Notice, "ada", _keys["ada"]).Reveal(new AgentBid { Cost = 1 }, new byte[32]) };
        var outcome = RecordOf(ada, Agent("bob", 60)).Outcome;
        var evidence = Assert.Single(outcome.Evidence);
        Assert.Equal((ExclusionReason.RevealMismatch, "reveal"), (evidence.Kind, evidence.Second!.Statement));
        using var keys = KeysOf("ada");
        Assert.True(keys.Verify(Notice, AuctionStatement.Reveal, "ada", evidence.Second.Hash, evidence.Second.Signature));
        Assert.False(keys.Verify(Notice, AuctionStatement.Commitment, "ada", evidence.Second.Hash, evidence.Second.Signature));
    }

    [Fact]
    public void Reveal_Withheld_EvidenceAndLowerReliabilityNextTime()
    {
        var ada = Agent("ada", 40);
        var outcome = RecordOf(ada with { Reveal = null }, Agent("bob", 60)).Outcome;
        Assert.Equal(ExclusionReason.NotRevealed, Assert.Single(outcome.Evidence).Kind);
        var before = RecordOf(ada, Agent("bob", 60)).Outcome.Scores["ada"];
        var after = AuctionRecords.Create(Notice, [ada, Agent("bob", 60)], [AuctionRecords.PastOf(outcome)]).Outcome.Scores["ada"];
        Assert.Equal((0.5, 1 / 3.0), (before.Reliability, after.Reliability));
        Assert.True(after.Risk > before.Risk && after.Overall < before.Overall);
    }

    [Fact]
    public void Reveal_BidThatIsNone_OutWithEvidence()
    {
        var outcome = RecordOf(Agent("ada", -5), Agent("bob", 60)).Outcome;
        Assert.Equal(ExclusionReason.InvalidBid, Assert.Single(outcome.Excluded).Reason);
        Assert.Contains("cost is -5", outcome.Evidence[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_RoundTrip_SameBytesAndNoProblem()
    {
        var record = RecordOf(Agent("ada", 40), Agent("bob", 60), Agent("cyd", 140));
        var bytes = AuctionRecords.ToBytes(record);
        var read = AuctionRecords.TryParse(bytes)!;
        Assert.Null(AuctionRecords.FindProblem(read));
        Assert.Equal(bytes, AuctionRecords.ToBytes(read));
        Assert.Null(AuctionRecords.TryParse([.. bytes, (byte)' ']));
        Assert.Null(AuctionRecords.TryParse("{}"u8));
        Assert.Null(AuctionRecords.TryParse("null"u8));
    }

    [Theory]
    [InlineData("\"winner\":\"ada\"", "\"winner\":\"bob\"", "the winner is ada, not bob")]
    [InlineData("\"price\":60", "\"price\":61", "the price is 60, not 61")]
    [InlineData("\"risk_weight\":0", "\"risk_weight\":0.9", "risk_weight is 0.9")]
    [InlineData("\"cost\":60", "\"cost\":70", "the price is 100, not 60")]
    [InlineData("\"ranking\":[\"ada\",\"bob\"]", "\"ranking\":[\"bob\",\"ada\"]", "the outcome is not what the bids give")]
    [InlineData("\"auction_id\":\"auction-1\"", "\"auction_id\":\"auction-2\"", "the winner is nobody, not ada")]
    public void Record_OneValueChanged_TheProblemIsNamed(string right, string wrong, string problem)
    {
        var task = Task with { RiskWeight = 0, CriteriaWeights = new Dictionary<string, double> { ["cost"] = 1 } };
        var notice = new AuctionNotice("auction-1", task);
        var record = AuctionRecords.Create(notice, [Agent("ada", 40, notice), Agent("bob", 60, notice)], []);
        var text = Encoding.UTF8.GetString(AuctionRecords.ToBytes(record));
        Assert.Contains(right, text, StringComparison.Ordinal);
        var changed = QuorateJson.Deserialize<AuctionRecord>(text.Replace(right, wrong, StringComparison.Ordinal))!;
        Assert.Contains(problem, AuctionRecords.FindProblem(changed)!, StringComparison.Ordinal);
    }

    private static AuctionRecord RecordOf(params AuctionParticipant[] agents) => AuctionRecords.Create(Notice, agents, []);

    private AuctionParticipant Agent(string name, double cost, AuctionNotice? notice = null)
    {
        var (bid, nonce) = (new AgentBid { Cost = cost, DurationS = 1800 }, SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        var signer = new BidSigner(notice ?? Notice, name, _keys[name]);
        return new AuctionParticipant(name, Convert.ToBase64String(_keys[name].ExportSubjectPublicKeyInfo()), TrackRecords.Of(new AgentProfile { Name = name }, null), [signer.Commit(bid, nonce)], signer.Reveal(bid, nonce));
    }

    private AuctionKeys KeysOf(string name)
    {
        var keys = new AuctionKeys();
        Assert.True(keys.TryAdd(name, Convert.ToBase64String(_keys[name].ExportSubjectPublicKeyInfo())));
        return keys;
    }
}

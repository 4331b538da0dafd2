using System.Text;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;

namespace Quorate.Tests.Unit.Place;

public class PlacementRulesTests
{
    private static readonly PlacementState Fresh = new(Records.Cluster, Records.Run);
    private static readonly PlacementRules Rules = new(Records.Cluster);

    public static TheoryData<string, string> Wrong => new()
    {
        { "beyond", "names a node" },
        { "twice", "names a node" },
        { "descending", "names a node" },
        { "negative", "names a node" },
        { "agent", "nobody is no agent" },
        { "job twice", "proposed twice" },
        { "too much", "node 0 of a has" },
        { "too much together", "node 0 of a has" },
        { "nothing", "needs what no job can" },
        { "less than nothing", "needs what no job can" },
        { "beyond all", "needs what no job can" },
        { "no walltime", "may run 0 s" },
        { "walltime without end", "may run 1125899906842624 s" },
        { "before the run", "-1 ms is no time" },
        { "time without end", "1125899906842624 ms is no time" },
        { "unknown change", "banish of a is no change" },
        { "change of nobody", "withdraw of nobody is no change" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Record_Wrong_IsNeitherAskedAboutNorDecided(string what, string problem)
    {
        var good = Records.Proposal("j", "a", [0, 1], 8);
        var record = Records.After(Fresh, good);
        record = what switch
        {
            "beyond" => Records.After(Fresh, good with { Nodes = [3, 4] }),
            "twice" => Records.After(Fresh, good with { Nodes = [1, 1] }),
            "descending" => Records.After(Fresh, good with { Nodes = [1, 0] }),
            "negative" => Records.After(Fresh, good with { Nodes = [-1, 0] }),
            "agent" => Records.After(Fresh, good with { Agent = "nobody" }),
            "job twice" => Records.After(Fresh, good, good with { Agent = "b" }),
            "too much" => Records.After(Fresh, good with { Needs = new ProposedNeeds(17, 0, 0, 0) }),
            "too much together" => Records.After(Fresh, good with { Nodes = [0] }, good with { Job = "k", Nodes = [0], Needs = new ProposedNeeds(1, 0, 0, 0) }),
            "nothing" => Records.After(Fresh, good with { Needs = new ProposedNeeds(0, 0, 0, 0) }),
            "less than nothing" => Records.After(Fresh, good with { Needs = new ProposedNeeds(1, -1, 0, 0) }),
            "beyond all" => Records.After(Fresh, good with { Needs = new ProposedNeeds(1, 1L << 50, 0, 0) }),
            "no walltime" => Records.After(Fresh, good with { WalltimeS = 0 }),
            "walltime without end" => Records.After(Fresh, good with { WalltimeS = 1L << 50 }),
            "before the run" => record with { AtMs = -1 },
            "time without end" => record with { AtMs = 1L << 50 },
            "unknown change" => record with { Changes = [new("a", "banish", "r")] },
            _ => record with { Changes = [new("nobody", MembershipChanges.Withdraw, "r")] },
        };
        using var contexts = Records.Contexts();
        var request = Records.Ask(contexts, record);

        Assert.Contains(problem, Rules.FindProblem(record), StringComparison.Ordinal);
        Assert.Contains(problem, Rules.Check(new Item(request)), StringComparison.Ordinal);
        Assert.Null(Rules.Tally(request, []));
    }

    [Fact]
    public void Record_Right_MayBeAskedAbout()
    {
        using var contexts = Records.Contexts();
        var record = Records.After(Fresh, Records.Proposal("j", "a", [0, 1], 16), Records.Proposal("k", "a", [2], 8), Records.Proposal("l", "b", [0], 8));
        Assert.Null(Rules.Check(new Item(Records.Ask(contexts, record))));
    }

    [Theory]
    [InlineData("\"needs\":{\"cpu_cores\":4,\"gpus\":0,\"memory_mb\":0,\"storage_gb\":0}", "\"needs\":null")]
    [InlineData("\"nodes\":[0]", "\"nodes\":null")]
    [InlineData("\"nodes\":[0]", "\"nodes\":[]")]
    [InlineData("\"after\":[]", "\"after\":[null]")]
    [InlineData("\"releases\":[]", "\"releases\":[null]")]
    [InlineData("\"quarantined\":[]", "\"quarantined\":[null]")]
    [InlineData("\"changes\":[]", "\"changes\":[null]")]
    [InlineData("\"changes\":[]", "\"changes\": []")]
    [InlineData("\"round\":1", "\"round\":1,\"round\":1")]
    [InlineData("quorate/placement/v1", "quorate/placement/v2")]
    public void Record_NotWholeOrNotCanonical_IsNone(string part, string instead)
    {
        var text = Encoding.UTF8.GetString(Records.After(Fresh, Records.Proposal("j", "a", [0])).ToBytes());
        Assert.NotNull(PlacementRecord.TryParse(Encoding.UTF8.GetBytes(text)));
        Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Null(PlacementRecord.TryParse(Encoding.UTF8.GetBytes(text.Replace(part, instead, StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("aaaa", "1")]
    [InlineData("aaar", "1")]
    [InlineData("aarr", "0")]
    [InlineData("arrr", "0")]
    [InlineData("aar", "1")]
    [InlineData("aa?", "1")]
    [InlineData("ar?", "0")]
    [InlineData("???", "0")]
    [InlineData("aarrQ", "1")]
    public void Tally_MoreAcceptThanReject_Accepts(string votes, string outcome)
    {
        using var contexts = Records.Contexts();
        var record = Records.After(Fresh, Records.Proposal("j", "a", [0]));
        if (votes.EndsWith('Q'))
        {
            (record, votes) = (record with { Quarantined = ["d"] }, votes[..^1]);
        }

        var request = Records.Ask(contexts, record);
        var subject = request.Digest(contexts.Client.Crypto);
        var opinions = votes.Select((v, i) => Records.Sign(contexts, subject, i, v == '?' ? [1, 2] : Records.Ballot(v == 'a' ? AgentVote.Accept : AgentVote.Reject).ToBytes())).ToList();

        Assert.Equal(outcome + "/", Encoding.ASCII.GetString(Rules.Tally(request, opinions)!));
    }

    [Fact]
    public void Ballot_OfTheMostVotesWithTheLongestReasonings_CanBeSigned()
    {
        var vote = new BallotVote(AgentVote.Accept, 0.1234, VoteSource.Rules, new string('€', Engine.Place.Votes.VoteParser.MaxReasoning) + "…");
        var ballot = new Ballot
        {
            Votes = [.. Enumerable.Repeat(vote, PlacementRecord.MaxProposals)],
            Changes = [.. Enumerable.Repeat(false, Membership.MaxReplicas)],
            Free = new ProposedNeeds(Resources.Most, Resources.Most, Resources.Most, Resources.Most),
        };
        Assert.NotNull(Ballot.TryParse(ballot.ToBytes()));
    }

    [Theory]
    [InlineData("\"confidence\":0.5", "\"confidence\":1.5")]
    [InlineData("\"confidence\":0.5", "\"confidence\":0.50")]
    [InlineData("\"reasoning\":\"r\"", "\"reasoning\":null")]
    [InlineData("\"source\":\"rules\"", "\"source\":\"human\"")]
    [InlineData("\"vote\":\"accept\"", "\"vote\":\"maybe\"")]
    [InlineData("\"votes\":[", "\"votes\":[null,")]
    public void Ballot_Wrong_IsNone(string part, string instead)
    {
        var text = Encoding.UTF8.GetString(Records.Ballot(AgentVote.Accept).ToBytes());
        Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Null(Ballot.TryParse(Encoding.UTF8.GetBytes(text.Replace(part, instead, StringComparison.Ordinal))));
    }
}

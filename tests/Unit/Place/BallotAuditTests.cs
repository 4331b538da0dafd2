using Quorate.Contracts.Placing;
using Quorate.Engine.Panels;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Tests.Unit.Place;

/// <summary>Agent a watches over the others; d alone has a model. One proposal that the rules accept, one that they reject.</summary>
public sealed class BallotAuditTests : IDisposable
{
    private readonly MemberContexts _contexts = Records.Contexts();
    private readonly PlacementState _state = new(Records.Cluster, Records.Run);
    private readonly PlacementRecord _record;
    private readonly Digest _subject;
    private readonly BallotAudit _audit;

    public BallotAuditTests()
    {
        _state.Apply(1, Records.Decided(_contexts, Records.After(_state, Records.Proposal("i", "b", [0], 8))));
        _record = Records.After(_state, Records.Proposal("j", "a", [0]), Records.Proposal("k", "b", [0]));
        _subject = Records.Ask(_contexts, _record).Digest(_contexts.Client.Crypto);
        _audit = new BallotAudit(_contexts.Members[0], Records.Cluster);
    }

    public void Dispose() => _contexts.Dispose();

    [Theory]
    [InlineData(2, "rules accept, rules reject", null, "")]
    [InlineData(2, "rules reject, rules reject", "wrong_vote", "the rules reject j (r); they accept it")]
    [InlineData(2, "rules accept, rules accept", "wrong_vote", "the rules accept k (r); they reject it")]
    [InlineData(2, "llm accept, rules reject", "wrong_vote", "claims a model's vote and has none")]
    [InlineData(3, "llm accept, rules reject", null, "")]
    [InlineData(3, "llm reject, rules reject", null, "")]
    [InlineData(3, "llm reject, llm reject", null, "")]
    [InlineData(3, "llm accept, llm accept", "wrong_vote", "it accepts k, which cannot be placed so")]
    [InlineData(3, "rules reject, rules reject", "wrong_vote", "the rules reject j (r); they accept it")]
    [InlineData(2, "rules accept", "malformed_ballot", "no ballot on the question")]
    public void Ballot_TrueOrNot_IsFoundToBeWhatItIs(int author, string votes, string? kind, string detail)
    {
        var cast = Of(author, votes);
        _audit.Expect(_subject, _record, _state);
        var found = _audit.Note(cast);

        Assert.Equal(kind is null ? 0 : 2, _audit.LastLieOf(author));
        Assert.Equal(2, _audit.LastBallotOf(author));
        if (kind is null)
        {
            Assert.Empty(found);
            return;
        }

        AssertLie(Assert.Single(found), author, kind, detail);
    }

    [Fact]
    public void Ballot_BeforeTheQuestionIsKnown_IsJudgedLater()
    {
        Assert.Empty(_audit.Note(Of(1, "rules reject, rules reject")));
        Assert.Equal(0, _audit.LastBallotOf(1));
        AssertLie(Assert.Single(_audit.Expect(_subject, _record, _state)), 1, "wrong_vote", "j");
    }

    [Fact]
    public void Ballot_OtherCapacityThanDecided_IsALie()
    {
        _audit.Expect(_subject, _record, _state);
        var right = Right(1, "rules accept, rules reject");
        var wrong = right with { Free = right.Free with { CpuCores = right.Free.CpuCores + 1 } };
        AssertLie(Assert.Single(_audit.Note(Records.Sign(_contexts, _subject, 1, wrong.ToBytes()))), 1, "capacity_lie", "25 cores, 64 GB memory are free in its pool; 24 cores");
    }

    [Fact]
    public void Ballot_NoBallotAtAll_IsALie()
    {
        _audit.Expect(_subject, _record, _state);
        AssertLie(Assert.Single(_audit.Note(Records.Sign(_contexts, _subject, 1, [1, 2, 3]))), 1, "malformed_ballot", "no ballot");
    }

    [Fact]
    public void Ballots_TwoOfOneAgentOnOneQuestion_ConvictIt()
    {
        _audit.Expect(_subject, _record, _state);
        Assert.Empty(_audit.Note(Of(3, "llm accept, rules reject")));
        Assert.Empty(_audit.Note(Of(3, "llm accept, rules reject")));
        var found = Assert.Single(_audit.Note(Of(3, "llm reject, rules reject")));

        Assert.Equal(("d", "equivocation", true, 2), (found.Agent, found.Kind, found.Proven, found.Round));
        Assert.True(Evidence.TryDecode(Convert.FromBase64String(found.Evidence!), out var evidence));
        Assert.True(EvidenceVerifier.Verify(_contexts.Members[1], evidence!));
        Assert.Single(_audit.OpinionsOn(_subject));
    }

    [Fact]
    public void Rounds_Many_AreForgottenButNotTheirLies()
    {
        _audit.Expect(_subject, _record, _state);
        _audit.Note(Of(1, "rules reject, rules reject"));
        for (var i = 0; i < 4; i++)
        {
            _audit.Expect(_contexts.Client.Crypto.Hash([(byte)i]), _record, _state);
        }

        Assert.Empty(_audit.OpinionsOn(_subject));
        Assert.Equal(2, _audit.LastLieOf(1));
    }

    [Fact]
    public void Ballots_OfALiarOnManyMadeUpQuestions_PushOutNoOthers()
    {
        _audit.Note(Of(2, "rules reject, rules reject"));
        SignJunk();
        AssertLie(Assert.Single(_audit.Expect(_subject, _record, _state)), 2, "wrong_vote", "j");
        SignJunk();
        AssertLie(Assert.Single(_audit.Note(Of(1, "rules reject, rules reject"))), 1, "wrong_vote", "j");
        Assert.Equal([2, 1], _audit.OpinionsOn(_subject).Select(o => o.Author));
    }

    [Fact]
    public void Ballots_TwoOnOneQuestionBeforeItIsKnown_ConvictLater()
    {
        _audit.Note(Of(3, "llm accept, rules reject"));
        _audit.Note(Of(3, "llm reject, rules reject"));
        Assert.Equal("equivocation", Assert.Single(_audit.Expect(_subject, _record, _state)).Kind);
    }

    private void SignJunk()
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Empty(_audit.Note(Records.Sign(_contexts, _contexts.Client.Crypto.Hash([(byte)i]), 1, [1])));
        }
    }

    private Opinion Of(int author, string votes) => Records.Sign(_contexts, _subject, author, Right(author, votes).ToBytes());

    private static Ballot Right(int author, string votes) => new()
    {
        Votes = [.. votes.Split(", ").Select(v => v.Split(' ')).Select(v => new BallotVote(v[1], 0.5, v[0], "r"))],
        Changes = [],
        Free = new ProposedNeeds(author == 1 ? 24 : 32, 64 * 1024, 0, 0),
    };

    /// <summary>The evidence is the agent's own signature, for anyone with the keys.</summary>
    private void AssertLie(Finding found, int author, string kind, string detail)
    {
        Assert.Equal((Records.Cluster.Agents[author].Name, kind, true, 2), (found.Agent, found.Kind, found.Proven, found.Round));
        Assert.Contains(detail, found.Detail, StringComparison.Ordinal);
        Assert.True(MessageCodec.TryDecode(Convert.FromBase64String(found.Evidence!), out var message));
        Assert.Equal(author, Assert.IsType<Opinion>(message).Author);
        Assert.Equal(Verdict.Valid, MessageVerifier.Verify(_contexts.Members[0], message!));
    }
}

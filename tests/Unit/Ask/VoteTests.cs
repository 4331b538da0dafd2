using FsCheck;
using FsCheck.Fluent;
using Quorate.Engine.Ask.Decision;

namespace Quorate.Tests.Unit.Ask;

public class VoteTests
{
    private static readonly string[] YesNo = ["yes", "no"];
    private static readonly string[] Letters = ["A", "B", "C"];

    [Theory]
    [InlineData("ANSWER: yes\nCONFIDENCE: 0.9\nBecause.", "yes", 0.9, "form")]
    [InlineData("**Answer:** No.\n**Confidence:** 85%\nIt is not.", "no", 0.85, "form")]
    [InlineData("<think>ANSWER: yes</think>\nANSWER: no\nCONFIDENCE: 1", "no", 1.0, "form")]
    [InlineData("Final answer = YES, clearly", "yes", null, "form")]
    [InlineData("{\"answer\":\"no\",\"confidence\":0.25,\"reasoning\":\"x\"}", "no", 0.25, "json")]
    [InlineData("```json\n{\"vote\": \"Yes\", \"confidence\": 0.5}\n```", "yes", 0.5, "json")]
    [InlineData("Yes, since the sun rises daily.", "yes", null, "text")]
    [InlineData("ANSWER: unknown\nCONFIDENCE: 0.1", null, 0.1, "form")]
    [InlineData("ANSWER: yes\nANSWER: no\nCONFIDENCE: 0.5", null, 0.5, "form")]
    [InlineData("It depends; some say yes and others no.", null, null, "text")]
    [InlineData("Nothing is certain.", null, null, "text")]
    public void Read_AnswersOfManyForms_FindsTheVote(string text, string? option, double? confidence, string source) =>
        Assert.Equal(new VoteRead(option, confidence, source), VoteReader.Read(text, YesNo));

    [Theory]
    [InlineData("-0.5")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1.01")]
    [InlineData("1e999")]
    [InlineData("0.5.5")]
    public void Read_ConfidenceThatIsNone_CountsTheVoteWithoutIt(string confidence) =>
        Assert.Equal(new VoteRead("yes", null, "form"), VoteReader.Read($"ANSWER: yes\nCONFIDENCE: {confidence}", YesNo));

    [Theory]
    [InlineData("ANSWER: B) Tutoring", "B")]
    [InlineData("ANSWER: (c)", "C")]
    [InlineData("B) since it works", "B")]
    [InlineData("ANSWER: D", null)]
    [InlineData("A lot of studies say so.", null)]
    public void Read_Letters_AreOptionsOnlyWhenTheyAreMeant(string text, string? option) =>
        Assert.Equal(option, VoteReader.Read(text, Letters).Option);

    [Theory]
    [InlineData("ANSWER: a lease", "B")]
    [InlineData("**ANSWER:** \"A lease.\"", "B")]
    [InlineData("{\"answer\":\"a quorum\"}", "C")]
    [InlineData("ANSWER: A", "A")]
    [InlineData("ANSWER: A) a lock", "A")]
    public void Read_ChoiceInItsOwnWords_IsThatChoice(string text, string option) =>
        Assert.Equal(option, VoteReader.Read(text, Letters, ["a lock", "a lease", "a quorum"]).Option);

    [Fact]
    public void Winner_Tie_DecidesNothing() => Assert.Null(VoteTally.Winner(VoteTally.Count(YesNo, [Vote("yes"), Vote("no")], weighted: false)));

    [Fact]
    public void Count_Weighted_SumsConfidence()
    {
        var tally = VoteTally.Count(YesNo, [Vote("yes", 0.9), Vote("no", 0.3), Vote("no", 0.3), Vote("no")], weighted: true);
        Assert.Equal((0.9, 1.1), (tally["yes"], tally["no"]));
        Assert.Equal("no", VoteTally.Winner(tally));
    }

    [Theory]
    [InlineData(3, 0, 2, true)]
    [InlineData(2, 0, 2, false)]
    [InlineData(2, 1, 1, false)]
    [InlineData(3, 1, 1, true)]
    [InlineData(0, 0, 0, false)]
    public void IsDecided_OpenVotes_MustNotBeAbleToChangeIt(int yes, int no, int open, bool decided) =>
        Assert.Equal(decided, VoteTally.IsDecided(VoteTally.Count(YesNo, [.. Enumerable.Repeat(Vote("yes"), yes), .. Enumerable.Repeat(Vote("no"), no)], weighted: false), open));

    [Fact]
    public void Decided_WhateverComesLater_KeepsTheWinner()
    {
        var votes = Gen.Elements("yes", "no", (string?)null).ListOf(7).Two().ToArbitrary();
        Prop.ForAll(votes, pair =>
        {
            var (first, rest) = (pair.Item1.Select(v => Vote(v)).ToList(), pair.Item2.Select(v => Vote(v)).ToList());
            var before = VoteTally.Count(YesNo, first, weighted: false);
            return !VoteTally.IsDecided(before, rest.Count) || VoteTally.Winner(before) == VoteTally.Winner(VoteTally.Count(YesNo, [.. first, .. rest], weighted: false));
        }).Check(Config.QuickThrowOnFailure.WithReplay(11, 13));
    }

    [Fact]
    public void Count_OrderOfVotes_ChangesNothing()
    {
        var votes = Gen.Choose(0, 1_000_000).Select(c => Vote(c % 2 == 0 ? "yes" : "no", c / 1_000_000.0)).ListOf(9).ToArbitrary();
        Prop.ForAll(votes, list => VoteTally.Count(YesNo, list, true).SequenceEqual(VoteTally.Count(YesNo, Enumerable.Reverse(list), true))).Check(Config.QuickThrowOnFailure.WithReplay(17, 19));
    }

    private static VoteRead Vote(string? option, double? confidence = null) => new(option, confidence, "test");
}

using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Certificates;

namespace Quorate.Tests.Unit.Ask;

public class OutcomeRecordTests
{
    private static readonly OutcomeRecord Vote = new()
    {
        Kind = OutcomeRecord.Form,
        JobId = "job-1",
        QueryHash = "aa",
        QuestionType = QuestionType.YesNo,
        Domain = "Custom",
        Options = ["yes", "no"],
        Weighted = false,
        Quorum = 2,
        Members = [Member("a", "yes"), Member("b", "yes"), Member("c", "no")],
        TextHash = "bb",
        Method = "vote",
        Answer = "yes",
        Score = 66.7,
        Degraded = false,
        Dissent = ["c"],
        Tokens = 30,
        Cost = 0.3m,
    };

    private static readonly OutcomeRecord Summary = Vote with
    {
        QuestionType = QuestionType.OpenEnded,
        Options = [],
        Members = [Member("a", null), Member("b", null)],
        Method = "summary",
        Aggregator = "a",
        Answer = null,
        Score = 80,
        Dissent = [],
    };

    public static TheoryData<string, OutcomeRecord> Wrong => new()
    {
        { "answer", Vote with { Answer = "no" } },
        { "score", Vote with { Score = 100 } },
        { "minority", Vote with { Dissent = [] } },
        { "degraded", Vote with { Degraded = true } },
        { "degraded", Vote with { Quorum = 4 } },
        { "options", Vote with { Options = ["yes", "no", "no"] } },
        { "options", Vote with { Options = [] } },
        { "part of a", Vote with { Members = [Member("a", "maybe"), .. Vote.Members.Skip(1)] } },
        { "part of a", Vote with { Members = [Member("a", "yes") with { Confidence = 1e300 }, .. Vote.Members.Skip(1)] } },
        { "part of a", Vote with { Members = [Member("a", "yes") with { Status = "fine" }, .. Vote.Members.Skip(1)] } },
        { "part of a", Vote with { Members = [Member("a", "yes") with { AnswerHash = null }, .. Vote.Members.Skip(1)] } },
        { "part of a", Vote with { Members = [Member("a", "yes") with { Tokens = -1 }, .. Vote.Members.Skip(1)] } },
        { "twice", Vote with { Members = [.. Vote.Members, Member("a", "yes")] } },
        { "no quorate", Vote with { Members = [null!] } },
        { "decided in this way", Vote with { Method = "centroid" } },
        { "aggregator", Vote with { Aggregator = "a" } },
        { "aggregator", Summary with { Aggregator = null } },
        { "score", Summary with { Score = -1 } },
        { "minority", Summary with { Dissent = ["z"] } },
        { "degraded", Summary with { Members = [Member("a", null), Member("b", null), Failed("c")] } },
        { "more than the whole", Vote with { Tokens = 29 } },
        { "more than the whole", Vote with { Cost = 0.2m } },
    };

    [Fact]
    public void FindProblem_RecordsThatAgree_IsNull()
    {
        Assert.Null(Vote.FindProblem());
        Assert.Null(Summary.FindProblem());
        // Another than the chosen aggregator wrote it.
        Assert.Null((Summary with { Degraded = true }).FindProblem());
        Assert.Null((Vote with { Members = [.. Vote.Members, Failed("d")], Degraded = true }).FindProblem());
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void FindProblem_OnePartIsWrong_NamesIt(string problem, OutcomeRecord record) =>
        Assert.Contains(problem, record.FindProblem(), StringComparison.Ordinal);

    private static OutcomeMember Member(string name, string? vote) => new(name, null, ResponseStatus.Ok, null, "cc", vote, vote is null ? null : 0.5, 10, 0.1m);

    private static OutcomeMember Failed(string name) => new(name, null, ResponseStatus.Failed, "timeout", null, null, null, 0, 0);
}

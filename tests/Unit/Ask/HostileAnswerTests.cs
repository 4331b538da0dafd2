using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Engine.Ask.Decision;
using Quorate.Engine.Ask.Prompts;
using Quorate.Models;
using Quorate.Models.Providers;

namespace Quorate.Tests.Unit.Ask;

/// <summary>Answers made to break their reader: one member's trouble stays one member's.</summary>
public class HostileAnswerTests
{
    private const string HalfACharacter = "{\"answer\":\"\\ud800\",\"confidence\":\"\\udfff\"}";
    private static readonly string[] YesNo = ["yes", "no"];
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Hostile => new(
        HalfACharacter,
        "x" + new string('\n', 19_998) + "x",
        string.Concat(Enumerable.Repeat(">\n", 9_990)) + "z",
        string.Concat(Enumerable.Repeat("\r\n", 9_990)) + "z",
        string.Concat(Enumerable.Repeat("aggregator ", 1_800)),
        string.Concat(Enumerable.Repeat("ignore all ", 1_800)),
        new string('*', 20_000),
        "confidence" + new string(' ', 19_000));

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Read_TextMadeToStallThePatterns_IsReadAtOnce(string text)
    {
        Assert.Null(VoteReader.Read(text, YesNo).Option);
        Assert.Null(AnswerScreen.Check(text, "Is it safe?"));
        Assert.Null(ReviewPrompt.Read(text, ["A", "B"]));
    }

    [Fact]
    public void ReadRanking_HalfACharacter_IsNoRanking() => Assert.Null(ReviewPrompt.Read("{\"ranking\":[\"\\ud800\"]}", ["A"]));

    [Theory]
    [InlineData(QuestionType.YesNo)]
    [InlineData(QuestionType.OpenEnded)]
    public async Task Ask_HostileAnswers_LeaveTheOthersTheirAnswer(QuestionType type)
    {
        const string Good = "ANSWER: yes\nThe bridge is safe for trucks. The inspection of May found no cracks.";
        var panel = new FakePanel().Says("a", Good).Says("b", Good).Says("c", Good);
        foreach (var (text, i) in Hostile.Select((row, i) => (row.Data, i)))
        {
            panel.Says($"h{i}", text);
        }

        var services = new AskServices { Panel = () => panel, Journal = new MemoryJournal(), Time = TimeProvider.System };
        var result = await new AskEngine(services).AskAsync("job-1", new AskRequest { Query = "Is it safe?", QuestionType = type, PeerReview = true }, new NoAskObserver(), Token);
        Assert.NotEqual("none", result.Consensus.Method);
        // A vote that two of them have decided does not wait for the third.
        Assert.All(result.Responses.Take(3), r => Assert.True(r.Status == ResponseStatus.Ok || r.Error!.Code == "not_needed", r.Error?.Message));
    }

    [Theory]
    [InlineData("NaN", null)]
    [InlineData("-1", null)]
    [InlineData("1e400", null)]
    [InlineData("9999999999999999999999", 86_400.0)]
    [InlineData("1.5", 1.5)]
    public void RetryAfter_Nonsense_IsNoWait(string header, double? seconds)
    {
        var config = new ModelConfig { Provider = "custom", Endpoint = new Uri("http://127.0.0.1:1/v1"), Model = "m" };
        Assert.Equal(seconds, ProviderFailures.OfStatus(429, "Too Many Requests", header, "", config, DateTimeOffset.UnixEpoch).RetryAfter?.TotalSeconds);
    }
}

using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Engine.Ask.Catalog;

namespace Quorate.Tests.Unit.Ask;

public class AskRulesTests
{
    private static readonly FakePanel Panel = new FakePanel().Says("a", "x").Says("b", "x", aggregator: true).Does("doc", (_, _) => Task.FromResult("x"), embedded: true);

    [Fact]
    public void Plan_NothingChosen_AsksEverybodyAndThePanelsAggregatorFirst()
    {
        var agenda = AskRules.Plan(new AskRequest { Query = "Why?" }, Panel, new AskOptions());
        Assert.Equal(["a", "b", "doc"], agenda.Seats.Select(s => s.Name));
        Assert.Equal(["b", "a"], agenda.Aggregators.Select(a => a.Name));
    }

    [Fact]
    public void Plan_LetteredLines_BecomeChoices()
    {
        var agenda = AskRules.Plan(new AskRequest { Query = "Which?\nA) red\n(b) green\nC. blue", QuestionType = QuestionType.MultipleChoice }, Panel, new AskOptions());
        Assert.Equal(("Which?", "red green blue", "A B C"), (agenda.Question, string.Join(' ', agenda.Choices), string.Join(' ', agenda.Options)));
    }

    [Fact]
    public void Plan_OneMemberUnderTwoSpellings_IsRefused()
    {
        var request = new AskRequest { Query = "?", Roles = new Dictionary<string, string> { ["a"] = "Rawlsian", ["A"] = "Utilitarian" } };
        Assert.Equal("roles_twice", Assert.Throws<QuorateException>(() => AskRules.Plan(request, Panel, new AskOptions())).Code);
    }

    [Fact]
    public void Plan_RandomRoles_AreDrawnBySeed()
    {
        string Drawn(int seed) => string.Join(',', AskRules.Plan(new AskRequest { Query = "?", Seed = seed, Roles = new Dictionary<string, string> { ["a"] = "random", ["b"] = "Random" } }, Panel, new AskOptions()).Seats.Select(s => s.Role?.Name));
        Assert.Equal(Drawn(4), Drawn(4));
        Assert.True(Enumerable.Range(0, 20).Select(Drawn).Distinct().Count() > 5);
    }

    [Theory]
    [InlineData("", "query_empty")]
    [InlineData(" \n\t ", "query_empty")]
    [InlineData("bad \ud800 half", "query_encoding")]
    [InlineData("bytes \ufffd lost", "query_encoding")]
    [InlineData("bell \a", "query_encoding")]
    public void Plan_QueryThatIsNone_IsRefused(string query, string code) => Refused(new AskRequest { Query = query }, code);

    [Fact]
    public void Plan_HugeQuery_IsRefused() => Refused(new AskRequest { Query = new string('x', AskRequest.MaxQuery + 1) }, "query_too_long");

    [Fact]
    public void Plan_UnknownNames_AreRefusedWithWhatIsAllowed()
    {
        Assert.Contains("Healthcare", Refused(new AskRequest { Query = "?", Domain = "Sports" }, "domain_unknown").Hint, StringComparison.Ordinal);
        Assert.Contains("a, b, doc", Refused(new AskRequest { Query = "?", Models = ["nobody"] }, "models_unknown").Hint, StringComparison.Ordinal);
        Assert.Contains("Rawlsian", Refused(new AskRequest { Query = "?", Roles = new Dictionary<string, string> { ["a"] = "Pirate" } }, "roles_unknown").Hint, StringComparison.Ordinal);
        Refused(new AskRequest { Query = "?", Aggregator = "nobody" }, "aggregator_unknown");
        Refused(new AskRequest { Query = "?", Aggregator = "doc" }, "aggregator_embedded");
        Refused(new AskRequest { Query = "?", Models = ["b"], Roles = new Dictionary<string, string> { ["a"] = "Rawlsian" } }, "role_unused");
    }

    [Fact]
    public void Plan_ChoicesThatDoNotFit_AreRefused()
    {
        Refused(new AskRequest { Query = "Which?", QuestionType = QuestionType.MultipleChoice }, "choices");
        Refused(new AskRequest { Query = "Which?", QuestionType = QuestionType.MultipleChoice, Choices = ["red", "blue", "Red "] }, "choices");
        Refused(new AskRequest { Query = "Which?", QuestionType = QuestionType.MultipleChoice, Choices = ["red", "blue\rC) green"] }, "choices");
        Refused(new AskRequest { Query = "Which?", QuestionType = QuestionType.MultipleChoice, Choices = ["one"] }, "choices");
        Refused(new AskRequest { Query = "Which?", QuestionType = QuestionType.MultipleChoice, Choices = ["one", " "] }, "choices");
        Refused(new AskRequest { Query = "Which?", QuestionType = QuestionType.YesNo, Choices = ["one", "two"] }, "choices_unused");
    }

    [Fact]
    public void Catalog_EveryDomain_HasAnExampleOfEveryKindThatCanBeAsked()
    {
        foreach (var domain in Domain.All)
        {
            foreach (var (type, text) in ExampleQuestions.ByDomain[domain.Name])
            {
                Assert.NotEmpty(AskRules.Plan(new AskRequest { Query = text, Domain = domain.Name, QuestionType = type }, Panel, new AskOptions()).Seats);
            }

            Assert.Equal(Enum.GetValues<QuestionType>().Order(), ExampleQuestions.ByDomain[domain.Name].Keys.Order());
        }
    }

    [Theory]
    [InlineData("Yes/No", QuestionType.YesNo)]
    [InlineData("yes-no", QuestionType.YesNo)]
    [InlineData("multiple choice", QuestionType.MultipleChoice)]
    [InlineData("open", QuestionType.OpenEnded)]
    [InlineData("NONE", QuestionType.None)]
    public void QuestionTypes_NamesAsPeopleWriteThem_AreFound(string name, QuestionType type) => Assert.Equal(type, QuestionTypes.Find(name));

    private static QuorateException Refused(AskRequest request, string code)
    {
        var error = Assert.Throws<QuorateException>(() => AskRules.Plan(request, Panel, new AskOptions()));
        Assert.Equal((code, ErrorKind.Input), (error.Code, error.Kind));
        return error;
    }
}

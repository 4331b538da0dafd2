using Quorate.Contracts;
using Quorate.Engine.Triage.Planning.Rules;

namespace Quorate.Tests.Unit.Planning;

public sealed class RulebookLoaderTests
{
    private const string Rule = """
        rules:
          - id: mine
            title: t
            cause: "{service} broke"
            weight: 0.5
            when: { state: paused }
            repair: [unpause]
        """;

    [Theory]
    [InlineData("rules: [", "my.yml, line")]
    [InlineData("- a", "no single mapping")]
    [InlineData("rule: []", "rule: is unknown; allowed: text, names, logs, rules")]
    [InlineData("weight: 0.5|weight: 2", "rule mine.weight: is 2; allowed: 0–1")]
    [InlineData("state: paused|state: asleep", "rule mine.when.state: holds asleep; allowed: running")]
    [InlineData("state: paused|stat: paused", "rule mine.when.stat: is unknown")]
    [InlineData("state: paused|healthy: maybe", "rule mine.when.healthy: is maybe")]
    [InlineData("state: paused|logs: nothing_such", "holds nothing_such")]
    [InlineData("{ state: paused }|{}", "would always apply")]
    [InlineData("[unpause]|[explode]", "rule mine.repair[0].type: is explode")]
    [InlineData("[unpause]|[set_env]", "rule mine.repair[0].args: lacks name")]
    [InlineData("[unpause]|[]", "rule mine.repair: has no steps")]
    [InlineData("repair: [unpause]|evidence: [restart]", "rule mine.repair: has no steps")]
    [InlineData("repair:|evidence: [restart]\n    repair:", "rule mine.evidence[0].type: is restart, which changes the world")]
    [InlineData("title: t|titel: t", "rule mine.titel: is unknown")]
    [InlineData("title: t|title: []", "rule mine.title: is not a text")]
    [InlineData("logs: { p: '(?=x)' }", "logs.p: is not a regular expression")]
    public void Parse_WrongFile_NamesFileRuleAndField(string change, string message)
    {
        var parts = change.Split('|');
        var yaml = parts.Length == 2 ? Rule.Replace(parts[0], parts[1]) : change;
        var error = Assert.Throws<QuorateException>(() => RulebookLoader.Parse([("my.yml", yaml)]));
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Contains("my.yml", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_UserFile_AddsAndReplacesRules()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".yml");
        try
        {
            File.WriteAllText(path, Rule.Replace("id: mine", "id: paused") + "\ntext: { down: [zonk] }\n");
            var book = RulebookLoader.Load([path]);
            Assert.Equal(0.5, Assert.Single(book.Rules, r => r.Id == "paused").Weight);
            Assert.Contains("zonk", book.Text["down"]);
            Assert.Contains("kaputt", book.Text["down"]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Parse_ExampleOfTheGuide_IsValid()
    {
        var guide = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "..", "docs", "rulebook.md"));
        var example = guide.Split("```yaml")[1].Split("```")[0];
        var book = RulebookLoader.Parse([("default.yml", "text: { slow: [slow] }"), ("docs/rulebook.md", example)]);
        Assert.Equal("pool_exhausted", Assert.Single(book.Rules).Id);
        foreach (var name in Conditions.Flags.Keys.Concat(Conditions.Lists.Keys))
        {
            Assert.Contains($"`{name}`", guide, StringComparison.Ordinal);
        }
    }

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string path = "") => path;

    [Fact]
    public void Load_MissingFile_SaysSo() =>
        Assert.Equal(ErrorKind.Missing, Assert.Throws<QuorateException>(() => RulebookLoader.Load(["/nowhere/rules.yml"])).Kind);

    [Theory]
    [InlineData("Der Server ist ABGESTÜRZT!", "down")]
    [InlineData("le site ne répond plus", "down")]
    [InlineData("la página está muy lenta", "slow")]
    [InlineData("сайт не работает", "down")]
    [InlineData("网站很慢", "slow")]
    [InlineData("it doesn't work", "down")]
    public void Has_OtherLanguages_FindsTheGroup(string text, string group) =>
        Assert.Contains(RulebookLoader.Load().Text[group], new IncidentWords(text).Has);

    [Fact]
    public void Has_PartOfAWord_IsNoMatch() => Assert.False(new IncidentWords("downtown").Has("down"));
}

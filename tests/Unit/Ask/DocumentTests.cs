using Quorate.Models.Documents;

namespace Quorate.Tests.Unit.Ask;

public class DocumentTests
{
    [Theory]
    [InlineData("One. Two! Three? Four", "One.|Two!|Three?|Four")]
    [InlineData("It costs 3.5 e.g. in Rome. exec runs.", "It costs 3.5 e.g. in Rome.|exec runs.")]
    [InlineData("He said \"Stop.\" She left (at last.) Good...", "He said \"Stop.\"|She left (at last.)|Good...")]
    [InlineData("The U.S. has it. A line\nAnother", "The U.S. has it.|A line|Another")]
    [InlineData("", "")]
    public void Sentences_Texts_SplitAtTheirEnds(string text, string expected) => Assert.Equal(expected, string.Join('|', Sentences.Of(text)));

    [Theory]
    [InlineData("prove proves proved proving")]
    [InlineData("stop stops stopped stopping")]
    [InlineData("policy policies")]
    [InlineData("class classes")]
    public void Stem_FormsOfAWord_AreOneTerm(string forms) => Assert.Single(forms.Split(' ').Select(Words.Stem).Distinct());

    [Theory]
    [InlineData("the bus is this")]
    [InlineData("need ring red")]
    public void Stem_ShortWords_StayApart(string words) => Assert.Equal(words.Split(' ').Length, words.Split(' ').Select(Words.Stem).Distinct().Count());

    [Theory]
    [InlineData("It is safe.", false)]
    [InlineData("It isn’t safe.", true)]
    [InlineData("It is not unsafe, never.", false)]
    [InlineData("Nothing is safe.", true)]
    public void Negates_Statements_CountNegators(string text, bool expected) => Assert.Equal(expected, Negation.Negates(text));

    [Fact]
    public void Markdown_Blocks_KeepHeadingsLinesAndTexts()
    {
        var parts = MarkdownParts.Read("# A\n\nText with `code`\nand **bold**.\n\n## B c\n\n- one\n- two\n\n| k | v |\n|---|---|\n| x | 1 |\n\n```\nrun it\n```\n").ToList();
        Assert.Equal(["A", "A", "A>B c", "A>B c", "A>B c", "A>B c"], parts.Select(p => string.Join('>', p.Headings)));
        Assert.Equal([(3, "Text with code and bold.")], parts[1].Texts);
        Assert.Equal([(8, "one"), (9, "two")], parts[3].Texts);
        Assert.Equal([(13, "x: 1")], parts[4].Texts);
        Assert.Equal((true, (16, "run it")), (parts[5].IsCode, parts[5].Texts[0]));
    }

    [Fact]
    public void Cosine_OfTfIdf_IsTheTextbookValue()
    {
        // Two texts share "a": idf(a) = 1, idf of b and c = 1 + ln(3/2); cosine = 1 / (1 + idf²).
        var space = new TfIdf([["a", "b"], ["a", "c"]]);
        var idf = 1 + Math.Log(1.5);
        Assert.Equal(1 / (1 + (idf * idf)), TfIdf.Cosine(space.Vector(["a", "b"]), space.Vector(["a", "c"])), 12);
        Assert.Equal(0, TfIdf.Cosine(space.Vector([]), space.Vector(["a"])));
    }
}

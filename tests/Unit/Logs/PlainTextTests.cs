using Quorate.Contracts;

namespace Quorate.Tests.Unit.Logs;

public class PlainTextTests
{
    [Theory]
    [InlineData("\u001b[31mred\u001b[0m", "red")]
    [InlineData("\u001b]0;title\u0007after", "after")]
    [InlineData("bell\a", "bell\uFFFD")]
    [InlineData("evil\u202Etxt.exe", "evil\uFFFDtxt.exe")]
    [InlineData("hidden\u200B\u2066", "hidden\uFFFD\uFFFD")]
    [InlineData("tab\tline\n", "tab line\n")]
    [InlineData("🤷\u200d♀️ نامه\u200cای", "🤷\u200d♀️ نامه\u200cای")]
    public void Clean_ForeignText_KeepsWordsAndLosesOrdersToTheTerminal(string text, string expected) =>
        Assert.Equal(expected, PlainText.Clean(text));

    [Fact]
    public void Clean_LoneSurrogate_IsReplaced() => Assert.Equal("lone \uFFFD", PlainText.Clean("lone \uD83E"));

    [Theory]
    [InlineData("line two\r\n\tline  three ", "line two line three")]
    [InlineData("0123456789abc", "0123456789…")]
    [InlineData("012345678🤷abc", "012345678…")]
    [InlineData("\n", "")]
    public void Line_ForeignText_OneLineOfBoundedLength(string text, string expected) =>
        Assert.Equal(expected, PlainText.Line(text, 10 + (expected.Contains("three", StringComparison.Ordinal) ? 10 : 0)));

    [Fact]
    public void Line_MegabytesOfEscapes_LooksAtABoundedPart() =>
        Assert.Equal("", PlainText.Line(string.Concat(Enumerable.Repeat("\u001b[0m", 1_000_000)), 80));
}

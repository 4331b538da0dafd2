using Quorate.Cli.Common;

namespace Quorate.Tests.Unit.Cli;

public class ShellWordsTests
{
    [Theory]
    [InlineData("a/b-c_d.cert", "a/b-c_d.cert")]
    [InlineData("my proofs", "'my proofs'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$(x)", "'$(x)'")]
    [InlineData("", "''")]
    public void Line_OneWord_StaysOneWord(string word, string expected) => Assert.Equal($"verify {expected}", ShellWords.Line("verify", word));
}

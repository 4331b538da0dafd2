using System.CommandLine;
using System.Globalization;
using Quorate.Cli.Common;

namespace Quorate.Tests.Unit.Cli;

public class NumberOptionsTests
{
    [Theory]
    [InlineData("0.5", 0.5)]
    [InlineData("7", 7.0)]
    [InlineData("0,5", null)]
    [InlineData("1e1", null)]
    [InlineData("NaN", null)]
    [InlineData("0", null)]
    [InlineData("10.001", null)]
    [InlineData("many", null)]
    public void Number_AsWritten_ValueOrWhatIsAllowed(string text, double? expected)
    {
        var option = NumberOptions.Number("--timeout", "Seconds.", 1, 0, 10, above: true);
        var parse = new RootCommand { option }.Parse(["--timeout", text]);
        Assert.Equal(expected is null ? [$"--timeout is '{text}'; above 0, at most 10 is allowed."] : [], parse.Errors.Select(e => e.Message));
        Assert.True(expected is null || parse.GetValue(option).Equals(expected), text);
    }

    [Theory]
    [InlineData("2", 2)]
    [InlineData("3", null)]
    [InlineData("-1", null)]
    [InlineData("1.0", null)]
    [InlineData("99999999999", null)]
    public void Whole_AsWritten_ValueOrWhatIsAllowed(string text, int? expected)
    {
        var option = NumberOptions.Whole("--size", "Of it.", 1, 0, 2);
        var parse = new RootCommand { option }.Parse(["--size", text]);
        Assert.Equal(expected is null ? [$"--size is '{text}'; 0 to 2 is allowed."] : [], parse.Errors.Select(e => e.Message));
        Assert.True(expected is null || parse.GetValue(option) == expected, text);
    }

    [Fact]
    public void Seed_Negative_Refused()
    {
        var option = NumberOptions.Seed("Of it.", 7);
        Assert.Equal(["--seed is '-1'; a whole number, 0 or more, is allowed."], new RootCommand { option }.Parse(["--seed", "-1"]).Errors.Select(e => e.Message));
        Assert.Equal(7, new RootCommand { option }.Parse([]).GetValue(option));
        Assert.Equal(int.MaxValue, new RootCommand { option }.Parse(["--seed", int.MaxValue.ToString(CultureInfo.InvariantCulture)]).GetValue(option));
    }

    [Theory]
    [InlineData("4,8", new[] { 4, 8 })]
    [InlineData("4", new[] { 4 })]
    [InlineData("4,", null)]
    [InlineData("4;8", null)]
    [InlineData("40", null)]
    public void Wholes_AsWritten_AllOrTheFirstMistake(string text, int[]? expected)
    {
        var option = NumberOptions.Wholes("--replicas", "Of them.", [4], 4, 31);
        var parse = new RootCommand { option }.Parse(["--replicas", text]);
        Assert.Equal(expected is null ? 1 : 0, parse.Errors.Count);
        Assert.True(expected is null || parse.GetValue(option)!.SequenceEqual(expected), text);
    }
}

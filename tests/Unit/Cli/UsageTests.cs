using System.CommandLine;
using Quorate.Cli.Common;

namespace Quorate.Tests.Unit.Cli;

public class UsageTests
{
    [Theory]
    [InlineData("place a.json --fault x --faults f", "'--fault' is no option of quorate place.")]
    [InlineData("place a.json -x", "'-x' is no option of quorate place.")]
    [InlineData("place a.json --size=many", "Cannot parse argument 'many' for option '--size'; a whole number is allowed.")]
    [InlineData("place", "Required argument missing for command: 'place'.")]
    [InlineData("place a.json --help --fault", null)]
    [InlineData("place a.json -", null)]
    [InlineData("place -- -x.json", null)]
    [InlineData("place a.json", null)]
    public void Problem_OfACall_InItsUsersWords(string line, string? expected) => Assert.Equal(expected, Find(line.Split(' ')));

    [Fact]
    public void Problem_EmptyPath_NamesTheOption() => Assert.Equal("--faults is empty; the path of a file is allowed.", Find(["place", "a.json", "--faults", ""]));

    private static string? Find(string[] args)
    {
        var command = new Command("place")
        {
            new Argument<string[]>("jobfile") { Arity = ArgumentArity.OneOrMore },
            new Option<string?>("--faults") { HelpName = "FILE" },
            new Option<bool>("--detach"),
            new Option<int?>("--size"),
        };
        command.SetAction(_ => 0);
        var root = new RootCommand { command };
        return Usage.FindProblem(root.Parse(args), args);
    }
}

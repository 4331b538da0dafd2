using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>Options with numbers. They are written plainly, with a full stop before decimals; anything else is a mistake of usage that names what is allowed.</summary>
internal static class NumberOptions
{
    private const int MaxShown = 80;

    /// <summary>What it does, and its range, are its description.</summary>
    public static Option<int> Whole(string name, string description, int standard, int least, int most, string? helpName = "N") => new(name)
    {
        Description = $"{description} {least} to {most}.",
        HelpName = helpName,
        DefaultValueFactory = _ => standard,
        CustomParser = result => ReadWhole(result, name, least, most),
    };

    /// <summary>Null when it is not given.</summary>
    public static Option<int?> OptionalWhole(string name, string description, int least, int most) => new(name)
    {
        Description = $"{description} {least} to {most}.",
        HelpName = "N",
        CustomParser = result => ReadWhole(result, name, least, most),
    };

    /// <summary>The one rule for seeds: 0 or more.</summary>
    public static Option<int> Seed(string description, int standard = 0) => new("--seed")
    {
        Description = $"{description} 0 or more.",
        HelpName = "N",
        DefaultValueFactory = _ => standard,
        CustomParser = result => ReadWhole(result, "--seed", 0, int.MaxValue),
    };

    /// <summary>Whole numbers with commas between.</summary>
    public static Option<int[]> Wholes(string name, string description, int[] standard, int least, int most) => new(name)
    {
        Description = $"{description} {least} to {most}; several with commas.",
        HelpName = "N",
        DefaultValueFactory = _ => standard,
        CustomParser = result => [.. result.Tokens[0].Value.Split(',').TakeWhile(_ => !result.Errors.Any()).Select(text => ReadWhole(result, name, least, most, text))],
        Arity = ArgumentArity.ExactlyOne,
    };

    /// <summary>With decimals; <paramref name="above"/>: not the least itself.</summary>
    public static Option<double> Number(string name, string description, double standard, double least, double most, bool above = false) => new(name)
    {
        Description = $"{description} {Range(least, most, above)}.",
        HelpName = "X",
        DefaultValueFactory = _ => standard,
        CustomParser = result => ReadNumber(result, name, least, most, above),
    };

    /// <summary>With decimals; null when it is not given.</summary>
    public static Option<double?> OptionalNumber(string name, string description, double least, double most) => new(name)
    {
        Description = $"{description} {Range(least, most, above: false)}.",
        HelpName = "X",
        CustomParser = result => ReadNumber(result, name, least, most, above: false),
    };

    private static double ReadNumber(ArgumentResult result, string name, double least, double most, bool above)
    {
        var text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= most && (above ? number > least : number >= least))
        {
            return number;
        }

        result.AddError($"{name} is '{PlainText.Line(text, MaxShown)}'; {Range(least, most, above)} is allowed.");
        return least;
    }

    private static int ReadWhole(ArgumentResult result, string name, int least, int most, string? part = null)
    {
        var text = part ?? result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        result.AddError($"{name} is '{PlainText.Line(text, MaxShown)}'; {(most == int.MaxValue ? $"a whole number, {least} or more," : $"{least} to {most}")} is allowed.");
        return least;
    }

    private static string Range(double least, double most, bool above) => string.Create(CultureInfo.InvariantCulture, $"{(above ? $"above {least}, at most" : $"{least} to")} {most}");
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>What is wrong with how a command was called, in the words of its user.</summary>
internal static partial class Usage
{
    private const int MaxShown = 80;

    /// <summary>Null: nothing, or help is asked for.</summary>
    public static string? FindProblem(ParseResult parse, string[] args)
    {
        if (parse.Action is not System.CommandLine.Invocation.ParseErrorAction && parse.Action != parse.CommandResult.Command.Action)
        {
            return null;
        }

        var values = parse.CommandResult.Children.ToList();
        var mistyped = args.Contains("--") ? null : values.OfType<ArgumentResult>().SelectMany(a => a.Tokens).FirstOrDefault(t => OptionPattern().IsMatch(t.Value));
        if (mistyped is not null)
        {
            return $"'{PlainText.Line(mistyped.Value, MaxShown)}' is no option of {CommandPath(parse)}.";
        }

        if (parse.Errors.Count > 0)
        {
            return string.Join(" ", parse.Errors.Select(e => Words(e.Message)));
        }

        var empty = values.OfType<OptionResult>().FirstOrDefault(o => parse.CommandResult.Command.Options.Contains(o.Option) && o.Option.HelpName is "FILE" or "DIR" && o.Tokens.Any(t => string.IsNullOrWhiteSpace(t.Value)));
        return empty is null ? null : $"{empty.Option.Name} is empty; the path of a {(empty.Option.HelpName == "DIR" ? "folder" : "file")} is allowed.";
    }

    public static string CommandPath(ParseResult parse)
    {
        var names = new List<string>();
        for (var at = parse.CommandResult; at is not null; at = at.Parent as CommandResult)
        {
            names.Insert(0, at.Command is RootCommand ? "quorate" : at.Command.Name);
        }

        return string.Join(' ', names);
    }

    /// <summary>The parser speaks of types; people write values.</summary>
    private static string Words(string message) => TypePattern().Replace(message, m => m.Groups["type"].Value switch
    {
        "Boolean" => "; true or false is allowed.",
        "Double" or "Decimal" or "Single" => "; a number is allowed.",
        _ => "; a whole number is allowed.",
    });

    [GeneratedRegex("^--?[A-Za-z]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OptionPattern();

    [GeneratedRegex(@" as expected type '(System\.Nullable`1\[)?System\.(?<type>\w+)\]?'\.?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypePattern();
}

using System.Text.Json;
using Quorate.Contracts;
using Spectre.Console;

namespace Quorate.Cli.Common;

/// <summary>
/// Where a command speaks. With <c>--json</c> stdout carries one document and people are spoken to on stderr;
/// without it, people read stdout.
/// </summary>
internal sealed class Output
{
    private readonly TextWriter _stdout;

    public Output(bool json)
    {
        Json = json;
        _stdout = Console.Out;
        People = json ? ConsoleOn(Console.Error, Console.IsErrorRedirected) : ConsoleOn(Console.Out, Console.IsOutputRedirected);
    }

    public bool Json { get; }

    /// <summary>Tables, colour and progress on a terminal; plain lines in a pipe.</summary>
    public IAnsiConsole People { get; }

    /// <summary>A live, redrawn display makes sense.</summary>
    public bool Live => People.Profile.Out.IsTerminal && People.Profile.Capabilities.Ansi;

    /// <summary>Somebody can be asked.</summary>
    public bool Interactive => !Json && !Console.IsInputRedirected && People.Profile.Out.IsTerminal;

    public void Document<T>(T value) => _stdout.WriteLine(JsonSerializer.Serialize(value, QuorateJson.Indented));

    /// <summary>The document under <c>--json</c>, else the lines for people.</summary>
    public void Result<T>(T value, Action<IAnsiConsole> forPeople)
    {
        if (Json)
        {
            Document(value);
        }
        else
        {
            forPeople(People);
        }
    }

    /// <summary>Where errors are told.</summary>
    public static IAnsiConsole Errors() => ConsoleOn(Console.Error, Console.IsErrorRedirected);

    /// <summary>A line as it is, however long, for transcripts. Only for text of our own making.</summary>
    public void Raw(string line) => _stdout.WriteLine(line);

    public void Line(string markup) => People.MarkupLine(markup);

    /// <summary>A rule across the terminal, or a plain line, with the title of what follows.</summary>
    public void Heading(string title)
    {
        if (Live)
        {
            People.Write(new Rule($"[bold]{Markup.Escape(title)}[/]").LeftJustified().RuleStyle("grey"));
        }
        else
        {
            Line($"== {Markup.Escape(title)}");
        }
    }

    /// <summary>Foreign text made safe for the terminal: no markup, nothing that moves the cursor, colours or reorders.</summary>
    public static string Safe(string text) => Markup.Escape(PlainText.Clean(text));

    private static IAnsiConsole ConsoleOn(TextWriter writer, bool piped)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = piped ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = piped ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (piped)
        {
            // A pipe has no width: wrapping there would break lines that other programs read.
            console.Profile.Width = 400;
        }

        return console;
    }
}

using System.CommandLine;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Spectre.Console;

namespace Quorate.Cli.Common;

/// <summary>How a command ends when it cannot do its work: one error for a person, or one JSON document.</summary>
internal static class Errors
{
    public static int Report(ParseResult parse, QuorateException error, bool json)
    {
        Write(error.Code, error.Message, error.Hint ?? $"{Usage.CommandPath(parse)} --help says what is allowed", json);
        return ExitCodes.For(error.Kind);
    }

    public static int ReportUsage(ParseResult parse, string problem, bool json)
    {
        Write("usage", problem, $"{Usage.CommandPath(parse)} --help", json);
        return ExitCodes.BadInput;
    }

    public static int ReportInterrupted(bool json)
    {
        Write("interrupted", "interrupted before the end", "run it again; what the ledger already holds stays", json);
        return ExitCodes.Interrupted;
    }

    /// <summary>Where the site runs, something was refused: by another program, so no defect of ours.</summary>
    public static int ReportPlatform(PlatformException error, bool json)
    {
        Write("platform_failed", error.Message, "quorate doctor shows what this machine offers; quorate site status --site … shows the site", json);
        return ExitCodes.Missing;
    }

    /// <summary>Stdout takes nothing more: its disk is full, or it was never opened for writing.</summary>
    public static int ReportUnwritable(Exception error)
    {
        Write("output_unwritable", $"the output cannot be written: {error.Message}", "free some space, or send the output elsewhere", json: false);
        return ExitCodes.Missing;
    }

    /// <summary>Whether the runtime failed while it wrote to the console, which it tells like any other failure of a file.</summary>
    public static bool IsConsole(Exception error) =>
        error is IOException or UnauthorizedAccessException && error.StackTrace?.Contains("System.ConsolePal.Write", StringComparison.Ordinal) == true;

    /// <summary>A defect of ours: said as such, with what a report needs.</summary>
    public static int ReportDefect(Exception error, bool json)
    {
        Write("internal", $"{error.GetType().Name}: {error.Message}", "This is a defect of Quorate. QUORATE_DEBUG=1 shows where it happened.", json);
        if (Environment.GetEnvironmentVariable("QUORATE_DEBUG") == "1")
        {
            Console.Error.WriteLine(error);
        }

        return ExitCodes.Missing;
    }

    private static void Write(string code, string message, string hint, bool json)
    {
        try
        {
            if (json)
            {
                new Output(json: true).Document(new { error = new { code, message, hint } });
                return;
            }

            var console = Output.Errors();
            console.MarkupLine($"[red]error:[/] {Output.Safe(message)}");
            console.MarkupLine($"[grey]hint:[/]  {Output.Safe(hint)}");
        }
        catch (Exception error) when (IsConsole(error))
        {
            // Nobody can be told: the exit code has to do.
        }
    }
}

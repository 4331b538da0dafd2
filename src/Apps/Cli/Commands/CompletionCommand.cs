using System.CommandLine;
using Quorate.Cli.Common;

namespace Quorate.Cli.Commands;

/// <summary>Prints a script that lets a shell complete commands and options.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            _quorate() {
              local IFS=$'\n'
              COMPREPLY=($(compgen -W "$(quorate "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _quorate quorate ./quorate
            """,
        ["zsh"] = """
            _quorate() {
              local -a found
              found=("${(@f)$(quorate "[suggest:${#BUFFER}]" "$BUFFER" 2>/dev/null)}")
              compadd -a found
            }
            compdef _quorate quorate ./quorate
            """,
        ["fish"] = """
            complete -f -c quorate -a '(quorate "[suggest:"(string length (commandline -cp))"]" (commandline -cp) 2>/dev/null)'
            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Print a script for shell completion.") { shell };
        command.SetAction(parse =>
        {
            var output = new Output(parse.GetValue(GlobalOptions.Json));
            var script = Scripts[parse.GetValue(shell)!];
            output.Result(new { shell = parse.GetValue(shell), script }, _ => output.Raw(script));
        });
        return command.WithExamples("source <(quorate completion bash)");
    }
}

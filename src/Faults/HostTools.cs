using System.Diagnostics;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Processes;

namespace Quorate.Faults;

/// <summary>Programs of this machine that faults need.</summary>
internal static class HostTools
{
    private const int MaxError = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <exception cref="QuorateException">It is not installed.</exception>
    public static void Require(string program, string package, string fault)
    {
        if (HostProgram.Find(program) is null)
        {
            throw QuorateException.Missing("tool_missing", $"fault {fault} needs {program}, which is not on this machine", $"Debian: apt-get install {package}");
        }
    }

    /// <summary>What it printed.</summary>
    /// <exception cref="PlatformException">It could not run, or ended otherwise than with 0.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        await HostProgram.RunAsync(program, arguments, Patience, cancellationToken) switch
        {
            null => throw new PlatformException($"{program} did not start", retryable: false),
            { ExitCode: 0 } outcome => outcome.Output,
            var failed => throw new PlatformException($"{program} ended with exit code {failed.ExitCode}: {PlainText.Line(failed.Errors, MaxError)}", retryable: false),
        };

    /// <summary>
    /// Starts a program in a session of its own that outlives this process and whatever started it. It speaks to nobody.
    /// </summary>
    /// <exception cref="QuorateException">setsid is not installed.</exception>
    public static void StartDetached(IEnumerable<string> command)
    {
        if (HostProgram.Find("setsid") is null)
        {
            throw QuorateException.Missing("tool_missing", "faults are watched by a process in a session of its own, which needs setsid", "Debian: apt-get install util-linux");
        }
        using Process process = HostProgram.Start("setsid", ["sh", "-c", """exec "$@" </dev/null >/dev/null 2>&1""", "sh", .. command])
            ?? throw new PlatformException("setsid did not start", retryable: false);
    }

    /// <summary>The command by which this very program can be started again.</summary>
    public static IReadOnlyList<string> Self() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, Environment.GetCommandLineArgs()[0]]
            : [Environment.ProcessPath!];
}

using System.Diagnostics;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults;

/// <summary>Runs programs of this machine that faults need, with argument lists.</summary>
internal static class HostProgram
{
    private const int MaxError = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly string[] SystemFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    /// <exception cref="QuorateException">It is not installed.</exception>
    public static void Require(string program, string package, string fault)
    {
        if (Find(program) is null)
        {
            throw QuorateException.Missing("tool_missing", $"fault {fault} needs {program}, which is not on this machine", $"Debian: apt-get install {package}");
        }
    }

    /// <summary>What it printed.</summary>
    /// <exception cref="PlatformException">It could not run, or ended otherwise than with 0.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using Process process = Start(program, arguments);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            process.StandardInput.Close();
            Task<string> output = BoundedText.ReadAsync(process.StandardOutput.BaseStream, deadline.Token);
            Task<string> errors = BoundedText.ReadAsync(process.StandardError.BaseStream, deadline.Token);
            await Task.WhenAll(output, errors);
            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode == 0
                ? await output
                : throw new PlatformException($"{program} ended with exit code {process.ExitCode}: {PlainText.Line(await errors, MaxError)}", retryable: false);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new PlatformException($"{program} did not end within {Patience.TotalSeconds:0} s", retryable: true, failure);
        }
    }

    /// <summary>
    /// Starts a program in a session of its own that outlives this process and whatever started it. It speaks to nobody.
    /// </summary>
    /// <exception cref="QuorateException">setsid is not installed.</exception>
    public static void StartDetached(IEnumerable<string> command)
    {
        if (Find("setsid") is null)
        {
            throw QuorateException.Missing("tool_missing", "faults are watched by a process in a session of its own, which needs setsid", "Debian: apt-get install util-linux");
        }
        using Process process = Start("setsid", ["sh", "-c", """exec "$@" </dev/null >/dev/null 2>&1""", "sh", .. command]);
    }

    /// <summary>The command by which this very program can be started again.</summary>
    public static IReadOnlyList<string> Self() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, Environment.GetCommandLineArgs()[0]]
            : [Environment.ProcessPath!];

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Find(program) ?? program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start) ?? throw new PlatformException($"{program} did not start", retryable: false);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new PlatformException($"{program} did not start: {failure.Message}", retryable: false, failure);
        }
    }

    /// <summary>Where an ordinary user's PATH leaves the system's folders out, they are searched all the same.</summary>
    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(SystemFolders).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}

using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Quorate.Contracts;
using Quorate.Platforms.Processes;

namespace Quorate.Platforms.Slurm;

/// <summary>What one of Slurm's commands said.</summary>
/// <param name="ExitCode">0: done.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="TimedOut">It did not end in time and was ended; what it asked for may have happened.</param>
internal sealed record SlurmOutput(int ExitCode, string Output, string Error, bool TimedOut)
{
    private static readonly string[] Signs =
        ["Unable to contact slurm controller", "Socket timed out", "Connection refused", "Connection timed out", "Zero Bytes were transmitted", "backup controller in standby", "Communication connection failure", "Transport endpoint"];

    public string Problem => PlainText.Line(Error.Length > 0 ? Error : Output, 300);

    /// <summary>Why nothing is known: no controller answered. Null: one did.</summary>
    public string? Unreachable => TimedOut ? "Slurm did not answer in time" : ExitCode != 0 && Signs.Any(s => Error.Contains(s, StringComparison.OrdinalIgnoreCase)) ? Problem : null;
}

/// <summary>Runs Slurm's commands with argument lists, a clean environment, bounded output and a time limit.</summary>
internal sealed class SlurmCommand(SlurmOptions options, TimeProvider time)
{
    /// <summary>Characters kept of each stream: a hundred thousand jobs' lines.</summary>
    private const int MaxOutput = 32 * 1024 * 1024;

    /// <summary>What the commands see of our environment, and with it the jobs: neither keys nor SBATCH_ options.</summary>
    private static readonly string[] Passed = ["PATH", "HOME", "USER", "LANG", "SLURM_CONF"];

    /// <exception cref="QuorateException">Missing: Slurm's commands are not installed.</exception>
    public async Task<SlurmOutput> RunAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo(options.CommandFolder is { } folder ? Path.Combine(folder, program) : program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment.Clear();
        foreach (var name in Passed)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                info.Environment[name] = value;
            }
        }

        if (options.ConfigFile is { } file)
        {
            info.Environment["SLURM_CONF"] = file;
        }

        using var process = Start(info);
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var (output, error) = (new StringBuilder(), new StringBuilder());
        try
        {
            await Task.WhenAll(
                FeedAsync(process, input),
                BoundedReader.ReadAsync(process.StandardOutput, output, MaxOutput, either.Token),
                BoundedReader.ReadAsync(process.StandardError, error, MaxOutput, either.Token),
                process.WaitForExitAsync(either.Token));
            return new SlurmOutput(process.ExitCode, output.ToString(), error.ToString(), TimedOut: false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SlurmOutput(-1, "", "", TimedOut: true);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception error)
        {
            throw QuorateException.Missing(
                "slurm_missing", $"Slurm's command {info.FileName} could not be started: {error.Message}",
                "Install Slurm's client commands (Debian: apt-get install slurm-client) and have slurm.conf in /etc/slurm or named by SLURM_CONF.", error);
        }
    }

    private static async Task FeedAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code and its words say why.
        }
    }
}

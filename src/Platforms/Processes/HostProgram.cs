using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>What a program of this machine printed, and how it ended.</summary>
public sealed record HostOutcome(int ExitCode, string Output, string Errors);

/// <summary>Runs tools of this machine, with argument lists and bounded output.</summary>
public static class HostProgram
{
    private const int MaxOutput = 256 * 1024;
    private static readonly string[] SystemFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

    /// <summary>Where an ordinary user's PATH leaves the system's folders out, they are searched all the same.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(SystemFolders).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Null when this machine has no such program, or does not let this process start it.</summary>
    /// <exception cref="PlatformException">It did not end in time, and was ended.</exception>
    public static async Task<HostOutcome?> RunAsync(string program, IEnumerable<string> arguments, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments);
        if (process is null)
        {
            return null;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        try
        {
            process.StandardInput.Close();
            var (output, errors) = (new StringBuilder(), new StringBuilder());
            await Task.WhenAll(
                BoundedReader.ReadAsync(process.StandardOutput, output, MaxOutput, deadline.Token),
                BoundedReader.ReadAsync(process.StandardError, errors, MaxOutput, deadline.Token),
                process.WaitForExitAsync(deadline.Token));
            return new HostOutcome(process.ExitCode, output.ToString(), errors.ToString());
        }
        catch (OperationCanceledException failure)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new PlatformException($"{program} did not end within {patience.TotalSeconds:0} s", retryable: true, failure);
        }
    }

    /// <summary>Its three streams are pipes; null as above.</summary>
    public static Process? Start(string program, IEnumerable<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(Find(program) ?? program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Runs a network tool of this host inside a container's network namespace, and nowhere else; needs root.</summary>
internal static class HostProgram
{
    private const int MaxOutput = 256 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What it printed; null when this host has no such tool, or may not enter the namespace.</summary>
    public static async Task<string?> ReadInNetworkAsync(int pid, IReadOnlyList<string> command, TimeProvider time, CancellationToken cancellationToken) =>
        await RunAsync(pid, command, time, cancellationToken) is (0, var output) ? output : null;

    /// <exception cref="PlatformException">It could not run, or said no.</exception>
    public static async Task ChangeInNetworkAsync(int pid, IReadOnlyList<string> command, TimeProvider time, CancellationToken cancellationToken)
    {
        var (exit, output) = await RunAsync(pid, command, time, cancellationToken) ?? throw new PlatformException($"{command[0]} could not be run in the container's network", retryable: false);
        if (exit != 0)
        {
            throw new PlatformException($"{command[0]} ended with exit code {exit}: {output.Trim()}", retryable: false);
        }
    }

    private static async Task<(int Exit, string Output)?> RunAsync(int pid, IReadOnlyList<string> command, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("nsenter") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])["-t", pid.ToString(CultureInfo.InvariantCulture), "-n", .. command])
        {
            start.ArgumentList.Add(word);
        }

        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            try
            {
                var errors = process.StandardError.ReadToEndAsync(either.Token);
                var output = await process.StandardOutput.ReadToEndAsync(either.Token);
                await process.WaitForExitAsync(either.Token);
                return (process.ExitCode, process.ExitCode == 0 ? output[..Math.Min(output.Length, MaxOutput)] : await errors);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancellationToken.ThrowIfCancellationRequested();
                return null;
            }
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}

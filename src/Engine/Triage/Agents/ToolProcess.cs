using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Quorate.Engine.Triage.Agents;

/// <summary>Runs a helper program with an argument list, never through a shell. Null Outcome: the program is not installed.</summary>
internal static class ToolProcess
{
    /// <summary>Characters of output kept.</summary>
    public const int MaxOutput = 16 * 1024;

    /// <summary>Cancelling kills the program and what it started.</summary>
    public static async Task<(int ExitCode, string Output)?> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = new Process { StartInfo = info };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return null;
        }

        try
        {
            var output = ReadAsync(process.StandardOutput, cancellationToken);
            var error = ReadAsync(process.StandardError, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var kept = new StringBuilder();
        var buffer = new char[4096];
        // Reads on past the limit so that the program never blocks on a full pipe.
        while (await reader.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            kept.Append(buffer, 0, Math.Min(count, MaxOutput - kept.Length));
        }

        return kept.ToString();
    }
}

using System.Diagnostics;

namespace Quorate.Tests.Integration.Docker;

/// <summary>Runs a program as a person at a terminal would, beside the code under test.</summary>
internal static class Command
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    public static async Task<string> MustAsync(string program, IEnumerable<string> arguments, string? folder, params (string Name, string Value)[] environment)
    {
        var list = arguments.ToList();
        var (exit, output) = await RunAsync(program, list, folder, environment);
        Assert.True(exit == 0, $"{program} {string.Join(' ', list)} ended with {exit}:\n{output}");
        return output;
    }

    public static async Task<(int Exit, string Output)> RunAsync(
        string program, IEnumerable<string> arguments, string? folder, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Longest);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, (await output + await errors).Trim());
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}

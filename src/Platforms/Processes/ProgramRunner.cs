using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>Runs a program beside a service: its directory, its environment, no shell, a time limit and bounded output.</summary>
internal sealed class ProgramRunner(TimeProvider time)
{
    private const int MaxOutput = 64 * 1024;

    public async Task<ExecOutcome> RunAsync(string service, IReadOnlyList<string> command, string directory, IReadOnlyDictionary<string, string> environment, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (command.Count == 0)
        {
            throw new PlatformException($"{service}: the command is empty; allowed: a program and its arguments", retryable: false);
        }

        var surroundings = Markers.Surround(environment);
        var info = new ProcessStartInfo(FindProgram(service, command[0], directory, surroundings.GetValueOrDefault("PATH")))
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var word in command.Skip(1))
        {
            info.ArgumentList.Add(word);
        }

        info.Environment.Clear();
        foreach (var (name, value) in surroundings)
        {
            info.Environment[name] = value;
        }

        using var process = Start(service, info);
        process.StandardInput.Close();
        return await CollectAsync(service, process, timeout, cancellationToken);
    }

    private static Process Start(string service, ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception e)
        {
            throw new PlatformException($"{service}: {info.FileName} could not be started: {e.Message}", retryable: false, e);
        }
    }

    private async Task<ExecOutcome> CollectAsync(string service, Process process, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var output = new StringBuilder();
        try
        {
            await Task.WhenAll(
                BoundedReader.ReadAsync(process.StandardOutput, output, MaxOutput, either.Token),
                BoundedReader.ReadAsync(process.StandardError, output, MaxOutput, either.Token),
                process.WaitForExitAsync(either.Token));
            return new ExecOutcome(process.ExitCode, PlainText.Clean(output.ToString(), MaxOutput));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new PlatformException($"{service}: {process.StartInfo.FileName} did not end within {timeout.TotalSeconds:0.#} s and was ended", retryable: false);
        }
    }

    private static string FindProgram(string service, string program, string directory, string? path)
    {
        var found = program.Contains('/', StringComparison.Ordinal)
            ? Path.GetFullPath(program, directory)
            : (path ?? "/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(p => Path.Combine(p, program)).FirstOrDefault(File.Exists);
        return File.Exists(found) ? found : throw new PlatformException($"{service}: the program {program} was not found", retryable: false);
    }
}

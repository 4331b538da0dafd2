using System.ComponentModel;
using System.Diagnostics;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Docker;

/// <summary>
/// The Compose program: <c>docker compose</c> where the plugin is there, else <c>docker-compose</c>. It runs in the
/// file's folder with this process's environment, so variables in the file mean what they mean to the user.
/// </summary>
internal sealed class ComposeProgram(Site site, EngineAddress engine, DockerOptions options, TimeProvider time)
{
    private const int TailLines = 20;
    private const int MaxLine = 500;
    private const int MaxCaptured = 4 * 1024 * 1024;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(30);
    private static readonly string[][] Candidates = [["docker", "compose"], ["docker-compose"]];

    private volatile string[]? _program;

    /// <summary>Runs a subcommand on the site's project; <paramref name="file"/> stands in for the site's own file.</summary>
    public async Task RunAsync(IReadOnlyList<string> arguments, IProgress<string>? progress, CancellationToken cancellationToken, string? file = null)
    {
        var tail = new Queue<string>();
        var exit = await ExecuteAsync([.. await FindAsync(cancellationToken), .. Project(file), .. arguments], options.ComposeTimeout, (line, _) =>
        {
            var clean = PlainText.Clean(line, MaxLine);
            tail.Enqueue(clean);
            if (tail.Count > TailLines)
            {
                tail.Dequeue();
            }

            progress?.Report(clean);
        }, cancellationToken);
        ThrowIfFailed(exit, arguments, tail);
    }

    /// <summary>The site's file with everything resolved, as YAML.</summary>
    public async Task<string> RenderAsync(CancellationToken cancellationToken)
    {
        var output = new List<string>();
        var errors = new Queue<string>();
        var length = 0;
        string[] arguments = ["config"];
        var exit = await ExecuteAsync([.. await FindAsync(cancellationToken), .. Project(null), .. arguments], options.ComposeTimeout, (line, isError) =>
        {
            if (isError)
            {
                errors.Enqueue(PlainText.Clean(line, MaxLine));
                if (errors.Count > TailLines)
                {
                    errors.Dequeue();
                }
            }
            else if ((length += line.Length) <= MaxCaptured)
            {
                output.Add(line);
            }
        }, cancellationToken);
        ThrowIfFailed(exit, arguments, errors);
        return length <= MaxCaptured
            ? string.Join('\n', output)
            : throw new PlatformException($"the resolved Compose file is longer than {MaxCaptured} characters", retryable: false);
    }

    private string[] Project(string? file) =>
        [.. Files(file), "-p", site.Name, .. file is null ? Array.Empty<string>() : ["--project-directory", site.Directory]];

    private string[] Files(string? file) => (file, site.OverrideFile) switch
    {
        (not null, _) => ["-f", file],
        (null, { } over) => ["-f", site.ComposeFile, "-f", over],
        _ => ["-f", site.ComposeFile],
    };

    private async Task<string[]> FindAsync(CancellationToken cancellationToken)
    {
        if (_program is { } known)
        {
            return known;
        }

        foreach (var candidate in Candidates)
        {
            try
            {
                if (await ExecuteAsync([.. candidate, "version"], ProbeTimeout, (_, _) => { }, cancellationToken) == 0)
                {
                    return _program = candidate;
                }
            }
            catch (Win32Exception)
            {
                // Not installed; the next one may be.
            }
        }

        throw QuorateException.Missing(
            "compose_missing", "Neither 'docker compose' nor 'docker-compose' works here.",
            "Install Compose (Debian: apt-get install docker-compose; others: the docker-compose-plugin package).");
    }

    private async Task<int> ExecuteAsync(string[] command, TimeSpan timeout, Action<string, bool> onLine, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            WorkingDirectory = site.Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOCKER_HOST"] = engine.Text },
        };
        using var process = Process.Start(start) ?? throw new PlatformException($"{command[0]} did not start", retryable: false);
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            process.StandardInput.Close();
            var gate = new Lock();
            await Task.WhenAll(
                PumpAsync(process.StandardOutput, false, gate, onLine, linked.Token),
                PumpAsync(process.StandardError, true, gate, onLine, linked.Token));
            await process.WaitForExitAsync(linked.Token);
            return process.ExitCode;
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlatformException($"{command[0]} did not end within {timeout.TotalSeconds:0} s", retryable: true, error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task PumpAsync(StreamReader reader, bool isError, Lock gate, Action<string, bool> onLine, CancellationToken cancellationToken)
    {
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            lock (gate)
            {
                onLine(line, isError);
            }
        }
    }

    private static void ThrowIfFailed(int exit, IReadOnlyList<string> arguments, IEnumerable<string> tail)
    {
        if (exit != 0)
        {
            var text = string.Join('\n', tail);
            throw new PlatformException($"compose {arguments[0]} ended with {exit}: {text}{Hint(text)}", retryable: false);
        }
    }

    /// <summary>docker-compose 1.29 reads fields that newer Engines no longer send, and breaks with newer Python packages.</summary>
    internal static string Hint(string output) =>
        output.Contains("'ContainerConfig'", StringComparison.Ordinal) || output.Contains("http+docker", StringComparison.Ordinal)
            || output.Contains("client version", StringComparison.Ordinal) && output.Contains("too old", StringComparison.Ordinal)
            ? "\nThis docker-compose is too old for the Docker Engine: install the docker-compose-plugin package (docker compose)."
            : "";
}

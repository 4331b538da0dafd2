using System.Diagnostics;
using System.Text.Json;

namespace Quorate.Tests.Integration.Cli;

/// <summary>The published command line with a home, an environment and a project name of its own.</summary>
internal sealed class QuorateCli : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(300);

    public static string Root { get; } = FindRoot();

    private static string App { get; } = Path.Combine(Root, "artifacts/publish/Quorate.Cli/release/quorate");

    public string Home { get; } = Directory.CreateTempSubdirectory("quorate-home-").FullName;

    public Dictionary<string, string> Environment { get; } = [];

    public Task<CliResult> RunAsync(CancellationToken token, params string[] args) => FinishAsync(Start(args), string.Join(' ', args), token);

    /// <summary>Runs a line of bash in which the variable QUORATE_APP names the command line.</summary>
    public Task<CliResult> ShellAsync(string script, CancellationToken token) => FinishAsync(StartProgram("bash", ["-c", script]), script, token);

    private static async Task<CliResult> FinishAsync(Process started, string what, CancellationToken token)
    {
        using var process = started;
        process.StandardInput.Close();
        var stdout = process.StandardOutput.ReadToEndAsync(token);
        var stderr = process.StandardError.ReadToEndAsync(token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Deadline);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: false);
            Assert.Fail($"{what} took longer than {Deadline}; stderr: {await stderr}");
        }

        return new CliResult(process.ExitCode, await stdout, await stderr);
    }

    /// <summary>Runs with --json and returns the one document.</summary>
    public async Task<(int Code, JsonElement Document)> JsonAsync(CancellationToken token, params string[] args)
    {
        var result = await RunAsync(token, [.. args, "--json"]);
        try
        {
            return (result.Code, JsonSerializer.Deserialize<JsonElement>(result.Stdout));
        }
        catch (JsonException error)
        {
            Assert.Fail($"quorate {string.Join(' ', args)} --json printed no JSON ({error.Message}); exit {result.Code}; stdout: {result.Stdout}; stderr: {result.Stderr}");
            throw;
        }
    }

    /// <summary>Starts without waiting, for tests that kill it.</summary>
    public Process Start(params string[] args) => StartProgram(App, args);

    private Process StartProgram(string program, string[] args)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Home,
        };
        args.ToList().ForEach(start.ArgumentList.Add);
        start.Environment["QUORATE_HOME"] = Home;
        start.Environment["QUORATE_APP"] = App;
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);

    private static string FindRoot()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Quorate.slnx")))
        {
            at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("Quorate.slnx is in no folder above the tests.");
        }

        return at;
    }
}

internal sealed record CliResult(int Code, string Stdout, string Stderr);

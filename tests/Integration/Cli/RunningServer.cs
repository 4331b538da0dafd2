using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Quorate.Tests.Integration.Cli;

/// <summary>A <c>quorate up</c> on a free port; killed when nobody ended it.</summary>
internal sealed partial class RunningServer : IAsyncDisposable
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Stop = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private RunningServer(Process process, Uri address)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = address };
    }

    public HttpClient Client { get; }

    public static async Task<RunningServer> StartAsync(QuorateCli cli, string config, CancellationToken token)
    {
        var process = cli.Start("up", "--urls", "http://127.0.0.1:0", "--config", config);
        process.StandardInput.Close();
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Start);
        var line = await process.StandardOutput.ReadLineAsync(limit.Token) ?? "";
        if (Address().Match(line) is not { Success: true } address)
        {
            process.Kill();
            process.Dispose();
            throw new InvalidOperationException($"the server did not start: {line}");
        }

        return new RunningServer(process, new Uri(address.Value));
    }

    /// <summary>As Ctrl-C does; the exit code.</summary>
    public async Task<int> InterruptAsync(CancellationToken token)
    {
        using (var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync(token);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Stop);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>Without a warning: kill -9.</summary>
    public async Task KillAsync(CancellationToken token)
    {
        _process.Kill();
        await _process.WaitForExitAsync(token);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Address();
}

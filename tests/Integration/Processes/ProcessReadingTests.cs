using System.Text;
using Quorate.Contracts.Sites;

namespace Quorate.Tests.Integration.Processes;

public sealed class ProcessReadingTests
{
    private const string Sleeper = "services: {api: {environment: {PLAIN: one}, x-quorate: {command: [/bin/sleep, '600']}}}";
    private static readonly LogQuery Everything = new(DateTimeOffset.UnixEpoch, 1000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logs_OfAllKinds_AreReadHarmlessly()
    {
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api");
        using (var log = new FileStream(Path.Combine(site.State, "logs/api.log"), FileMode.Append))
        {
            log.Write("""
                {"ts":"2024-05-01T10:00:00Z","level":"information","service":"liar","msg":"hello\u001b[31m","meta":{"n":5,"s":"t","o":{"a":1}}}
                plain words

                Unhandled exception. System.Exception: no
                   at Some.Frame()
                --- End of stack trace

                """u8);
            log.Write([0xff, 0xfe, 0x00, 0x1b, (byte)'x', (byte)'\n']);
            log.Write(Encoding.UTF8.GetBytes(new string('y', 100_000) + "\n{\"not\": \"ours\"}\n{\"msg\": \"\\ud800\"}\n{broken\n"));
            log.Write("2024-05-01T11:00:00Z late\n"u8);
        }

        var lines = await site.Platform.ReadLogsAsync("api", Everything, Token);
        Assert.All(lines, l => Assert.Equal("api", l.Service));
        Assert.All(lines, l => Assert.True(l.Msg.Length <= 2000));
        Assert.All(lines, l => Assert.DoesNotContain(l.Msg, c => char.IsControl(c) && c != '\n'));
        Assert.Equal(("INFO", "hello"), (lines[0].Level, lines[0].Msg));
        Assert.Equal("5 t {\"a\":1}", $"{lines[0].Meta!["n"]} {lines[0].Meta!["s"]} {lines[0].Meta!["o"]}");
        Assert.Equal(("UNKNOWN", lines[0].Ts), (lines[1].Level, lines[1].Ts));
        Assert.Equal("ERROR", lines[2].Level);
        Assert.EndsWith("Some.Frame()\n--- End of stack trace", lines[2].Msg, StringComparison.Ordinal);
        Assert.Equal("2024-05-01T11:00:00Z late", lines[^1].Msg);
        Assert.Equal(9, lines.Count);

        var late = await site.Platform.ReadLogsAsync("api", new LogQuery(lines[^1].Ts, 10), Token);
        Assert.Equal("2024-05-01T11:00:00Z late", Assert.Single(late).Msg);
        Assert.Equal(2, (await site.Platform.ReadLogsAsync("api", new LogQuery(DateTimeOffset.UnixEpoch, 2), Token)).Count);
    }

    [Fact]
    public async Task Logs_OfAServiceNeverStarted_AreEmpty()
    {
        await using var site = new ProcessSite(Sleeper);
        Assert.Empty(await site.Platform.ReadLogsAsync("api", Everything, Token));
    }

    [Fact]
    public async Task Log_ThatGrewTooLarge_KeepsItsNewestHalfAndTheWriterGoesOn()
    {
        await using var site = new ProcessSite("services: {api: {x-quorate: {command: [/bin/sh, -c, 'while read -r line; do :; done < pipe; echo after the cut; sleep 600'], directory: .}}}");
        ProcessSite.Must("mkfifo", Path.Combine(site.Folder, "pipe"));
        await site.StartAsync("api");
        var file = Path.Combine(site.State, "logs/api.log");
        File.AppendAllText(file, string.Concat(Enumerable.Range(0, 180_000).Select(i => $"line {i:D6} {new string('z', 90)}\n")));
        var lines = await site.Platform.ReadLogsAsync("api", Everything, Token);
        Assert.StartsWith("line 179999", lines[^1].Msg, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(file).Length, 8_000_000, 8 << 20);
        File.WriteAllText(Path.Combine(site.Folder, "pipe"), "\n");
        await site.PollLogAsync("api", "after the cut");
        Assert.InRange(new FileInfo(file).Length, 8_000_000, (8 << 20) + 100);
    }

    [Fact]
    public async Task Usage_OfABusyService_CountsItsChildrenToo()
    {
        await using var site = new ProcessSite("services: {api: {x-quorate: {command: [/bin/sh, -c, 'sh -c \"while :; do :; done\" & wait']}}}");
        await site.StartAsync("api");
        ResourceUsage? usage = null;
        await ProcessSite.PollAsync(async () => (usage = await site.Platform.ReadUsageAsync("api", Token)) is { CpuLoad: > 0.1 }, "load");
        Assert.InRange(usage!.CpuLoad, 0.1, 2);
        Assert.InRange(usage.MemoryBytes, 100_000, 100_000_000);
        Assert.Equal(2, usage.Threads);
        await site.Platform.StopAsync("api", Token);
        Assert.Null(await site.Platform.ReadUsageAsync("api", Token));
    }

    [Fact]
    public async Task Usage_OfAHogThatOthersKeepFromTheCore_IsStillACore()
    {
        await using var site = new ProcessSite("""
            services:
              hog: { x-quorate: { command: [taskset, -c, '0', /bin/sh, -c, 'while :; do :; done'] } }
              rivals: { x-quorate: { command: [taskset, -c, '0', /bin/sh, -c, 'for i in 1 2 3; do while :; do :; done & done; wait'] } }
              calm: { x-quorate: { command: [taskset, -c, '0', /bin/sh, -c, 'while :; do sleep 0.05; done'] } }
            """);
        await Task.WhenAll(site.StartAsync("hog"), site.StartAsync("rivals"), site.StartAsync("calm"));
        await ProcessSite.PollAsync(async () => await site.Platform.ReadUsageAsync("hog", Token) is { CpuLoad: >= 0.9 and < 1.5 }, "the hog's load");
        Assert.InRange((await site.Platform.ReadUsageAsync("calm", Token))!.CpuLoad, 0, 0.8);
    }

    [Fact]
    public async Task Exec_OfAProgram_HasTheServicesSurroundingsAndNoShell()
    {
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api");
        var limit = TimeSpan.FromSeconds(20);
        var environment = await site.Platform.ExecAsync("api", ["env"], limit, Token);
        Assert.Contains("PLAIN=one", environment.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("QUORATE_SERVICE", environment.Output, StringComparison.Ordinal);
        Assert.Equal((0, "$HOME; exit 9\n"), Outcome(await site.Platform.ExecAsync("api", ["echo", "$HOME; exit 9"], limit, Token)));
        Assert.Equal((0, site.Folder + "\n"), Outcome(await site.Platform.ExecAsync("api", ["/bin/pwd"], limit, Token)));
        Assert.Equal(7, (await site.Platform.ExecAsync("api", ["sh", "-c", "exit 7"], limit, Token)).ExitCode);
        Assert.Equal(65_536, (await site.Platform.ExecAsync("api", ["head", "-c", "300000", "/dev/zero"], limit, Token)).Output.Length);
    }

    [Fact]
    public async Task Exec_ThatDoesNotEndOrIsNotThere_IsAPlatformError()
    {
        await using var site = new ProcessSite(Sleeper);
        var late = await Assert.ThrowsAsync<PlatformException>(() => site.Platform.ExecAsync("api", ["sleep", "603"], TimeSpan.FromMilliseconds(200), Token));
        Assert.Contains("0.2 s", late.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PlatformException>(() => site.Platform.ExecAsync("api", ["no-such-program"], TimeSpan.FromSeconds(5), Token));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => site.Platform.ExecAsync("api", ["sleep", "604"], TimeSpan.FromSeconds(5), cancelled.Token));
    }

    private static (int, string) Outcome(ExecOutcome outcome) => (outcome.ExitCode, outcome.Output);
}

using System.Text;
using Quorate.Contracts.Sites;
using static Quorate.Tests.Integration.Docker.TestSite;

namespace Quorate.Tests.Integration.Docker;

/// <summary>What is read from inside containers: logs, usage, the output of programs.</summary>
[Collection(EngineTests.Name)]
public sealed class DockerEvidenceTests(EngineFixture engine)
{
    private static readonly TimeSpan ExecTimeout = TimeSpan.FromSeconds(10);
    private static readonly LogQuery All = new(DateTimeOffset.UnixEpoch, 1_000);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadLogs_JsonPlainAndBinary_AreLinesInOrder(bool terminal)
    {
        await using var site = Printing(terminal);
        byte[] text =
        [
            .. Encoding.UTF8.GetBytes("{\"ts\":\"2026-01-02T03:04:05Z\",\"level\":\"error\",\"service\":\"x\",\"msg\":\"no store\",\"meta\":{\"host\":\"db\"}}\n"),
            .. Encoding.UTF8.GetBytes("WARNING: disk nearly full\n"),
            .. new byte[] { 0xFF, 0xFE, 0x00, 0x1B, (byte)'[', (byte)'3', (byte)'1', (byte)'m', (byte)'r', (byte)'e', (byte)'d', 0x07, (byte)'\n' },
            .. Encoding.UTF8.GetBytes(new string('y', 40_000) + "\nlast\n"),
        ];
        site.WriteFile("lines", text);
        await site.Platform.UpAsync(null, Token);

        var lines = await LogsAsync(site, All, l => l.Count > 0 && l[^1].Msg == "last");

        Assert.Equal(5, lines.Count);
        Assert.Equal(("ERROR", "no store", "db"), (lines[0].Level, lines[0].Msg, lines[0].Meta!["host"]));
        Assert.Equal(2026, lines[0].Ts.Year);
        Assert.Equal(("WARN", "app"), (lines[1].Level, lines[1].Service));
        Assert.Equal("\uFFFD\uFFFD\uFFFDred\uFFFD", lines[2].Msg);
        Assert.Equal(new string('y', 2_000), lines[3].Msg);
        Assert.InRange(lines[4].Ts, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(1));
    }

    [Fact]
    public async Task ReadLogs_TailAndSince_AreRespected()
    {
        await using var site = Printing(terminal: false);
        site.WriteFile("lines", string.Concat(Enumerable.Range(0, 500).Select(i => $"line {i}\n")));
        await site.Platform.UpAsync(null, Token);
        await LogsAsync(site, All, l => l.Count == 500);

        var newest = await site.Platform.ReadLogsAsync("app", new LogQuery(DateTimeOffset.UnixEpoch, 3), Token);
        var later = await site.Platform.ReadLogsAsync("app", new LogQuery(TimeProvider.System.GetUtcNow(), 10), Token);

        Assert.Equal(["line 497", "line 498", "line 499"], newest.Select(l => l.Msg));
        Assert.Empty(later);
    }

    [Fact]
    public async Task ReadUsage_BusyThenIdleThenStopped_TellsThemApart()
    {
        await using var site = new TestSite(
            $$"""
            version: "2.4"
            services:
              busy: {image: "{{engine.Image}}", command: ["busybox", "sh", "-c", "while :; do :; done"], cpus: 0.5}
              idle: {image: "{{engine.Image}}"}
            """,
            new ServiceSpec { Name = "busy" },
            new ServiceSpec { Name = "idle" });
        await site.Platform.UpAsync(null, Token);

        var busy = await site.Platform.ReadUsageAsync("busy", Token);
        var idle = await site.Platform.ReadUsageAsync("idle", Token);
        await site.Platform.StopAsync("busy", Token);

        Assert.InRange(busy!.CpuLoad, 0.05, 1.0);
        Assert.InRange(idle!.CpuLoad, 0, 0.04);
        Assert.InRange(idle.MemoryBytes, 1, 64 * 1024 * 1024);
        Assert.Equal(1, idle.Threads);
        Assert.Null(await site.Platform.ReadUsageAsync("busy", Token));
    }

    [Fact]
    public async Task Exec_Programs_GiveExitCodeAndBoundedOutput()
    {
        await using var site = new TestSite($"version: \"2.4\"\nservices: {{app: {{image: \"{engine.Image}\"}}}}\n", new ServiceSpec { Name = "app" });
        await site.Platform.UpAsync(null, Token);

        var echo = await site.Platform.ExecAsync("app", ["busybox", "echo", "$HOME; busybox reboot", "two"], ExecTimeout, Token);
        var fails = await site.Platform.ExecAsync("app", ["busybox", "sh", "-c", "echo out; echo err >&2; exit 3"], ExecTimeout, Token);
        var endless = await site.Platform.ExecAsync("app", ["busybox", "sh", "-c", "busybox yes | busybox head -c 3000000"], ExecTimeout, Token);

        Assert.Equal((0, "$HOME; busybox reboot two\n"), (echo.ExitCode, echo.Output));
        Assert.Equal(3, fails.ExitCode);
        Assert.Contains("out\n", fails.Output, StringComparison.Ordinal);
        Assert.Contains("err\n", fails.Output, StringComparison.Ordinal);
        Assert.Equal((0, 1024 * 1024), (endless.ExitCode, endless.Output.Length));
        var slow = await Assert.ThrowsAsync<PlatformException>(
            () => site.Platform.ExecAsync("app", ["busybox", "sleep", "30"], TimeSpan.FromMilliseconds(300), Token));
        Assert.False(slow.Retryable);
        Assert.NotEqual(0, (await ExitOrRefusalAsync(site, ["no-such-program"])).ExitCode);
        await site.Platform.StopAsync("app", Token);
        await Assert.ThrowsAsync<PlatformException>(() => site.Platform.ExecAsync("app", ["busybox", "true"], ExecTimeout, Token));
    }

    private static async Task<ExecOutcome> ExitOrRefusalAsync(TestSite site, string[] command)
    {
        try
        {
            return await site.Platform.ExecAsync("app", command, ExecTimeout, Token);
        }
        catch (PlatformException error)
        {
            // Newer Engines refuse to start what is not there; older ones run it and exit 126 or 127.
            return new ExecOutcome(-1, error.Message);
        }
    }

    private TestSite Printing(bool terminal) => new(
        $$"""
        version: "2.4"
        services:
          app:
            image: {{engine.Image}}
            tty: {{(terminal ? "true" : "false")}}
            command: ["busybox", "sh", "-c", "busybox cat /lines; exec busybox sleep 3600"]
            volumes: ["./lines:/lines:ro"]
        """,
        new ServiceSpec { Name = "app", Image = engine.Image });

    private static Task<IReadOnlyList<LogLine>> LogsAsync(TestSite site, LogQuery query, Func<IReadOnlyList<LogLine>, bool> complete) =>
        UntilAsync(() => site.Platform.ReadLogsAsync("app", query, Token), complete);
}

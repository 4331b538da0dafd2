using System.Diagnostics;
using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Processes;

namespace Quorate.Tests.Integration.Processes;

public sealed class ProcessLifecycleTests
{
    private const string Sleeper = """
        services:
          api:
            ports: ["127.0.0.1:8080:80"]
            environment: {PLAIN: one, dotted.name-x: two, EMPTY: ""}
            x-quorate:
              command: [/bin/sleep, "600"]
              health: http://127.0.0.1:8081/healthz
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_OfAService_ShowsWhatItReallyIs()
    {
        await using var site = new ProcessSite(Sleeper);
        Assert.Equal(ServiceState.Missing, (await site.ObserveAsync("api")).State);
        var before = TimeProvider.System.GetUtcNow();
        await site.StartAsync("api", "key-1");
        var seen = await site.ObserveAsync("api");
        Assert.Equal(ServiceState.Running, seen.State);
        Assert.Equal("key-1", seen.EffectKey);
        Assert.Equal(1, seen.Replicas);
        Assert.InRange(seen.StartedAt!.Value, before.AddSeconds(-1), TimeProvider.System.GetUtcNow().AddSeconds(1));
        Assert.Equal(site.Site.Find("api")!.Environment.OrderBy(e => e.Key), seen.Environment.OrderBy(e => e.Key));
        Assert.Equal(["http://127.0.0.1:8081/", "http://127.0.0.1:8080/"], seen.Endpoints.Select(e => e.ToString()));
        Assert.Empty(seen.PlatformDrift);
        Assert.Empty(seen.DataProblems);
    }

    [Fact]
    public async Task Start_OfAService_GivesItASessionOfItsOwnAndNoneOfOurSecrets()
    {
        Environment.SetEnvironmentVariable("QUORATE_SECRET_FOR_TEST", "hidden");
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api");
        var pid = (await site.ObserveAsync("api")).Pid!.Value;
        var stat = File.ReadAllText($"/proc/{pid}/stat").Split(' ');
        Assert.Equal(pid.ToString(CultureInfo.InvariantCulture), stat[5]);
        Assert.DoesNotContain("hidden", File.ReadAllText($"/proc/{pid}/environ"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OfARunningService_LeavesItAlone()
    {
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api", "one");
        var pid = (await site.ObserveAsync("api")).Pid;
        await site.StartAsync("api", "two");
        Assert.Equal(pid, (await site.ObserveAsync("api")).Pid);
    }

    [Fact]
    public async Task AnotherPlatform_OfTheSameSite_FindsTheProcessesAgain()
    {
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api", "kept");
        using var second = site.NewPlatform();
        var (here, there) = (await site.ObserveAsync("api"), await site.ObserveAsync("api", second));
        Assert.Equal((here.Pid, "kept", ServiceState.Running), (there.Pid, there.EffectKey, there.State));
        await second.StopAsync("api", Token);
        Assert.Equal(ServiceState.Stopped, (await site.ObserveAsync("api")).State);
    }

    [Fact]
    public async Task KilledService_IsStopped()
    {
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api");
        using (var process = Process.GetProcessById((await site.ObserveAsync("api")).Pid!.Value))
        {
            process.Kill();
        }

        using var second = site.NewPlatform();
        await ProcessSite.PollAsync(async () => (await site.ObserveAsync("api", second)).State == ServiceState.Stopped, "stopped");
        await ProcessSite.PollAsync(async () => (await site.ObserveAsync("api")).ExitCode == 137, "exit code 137");
        Assert.Null((await site.ObserveAsync("api", second)).ExitCode);
        await site.StartAsync("api", "again");
        Assert.Equal(ServiceState.Running, (await site.ObserveAsync("api")).State);
    }

    [Fact]
    public async Task StoppedBySignal_IsPausedAndGoesOn()
    {
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api");
        var pid = (await site.ObserveAsync("api")).Pid!.Value;
        ProcessSite.Must("kill", "-STOP", $"{pid}");
        await ProcessSite.PollAsync(async () => (await site.ObserveAsync("api")).State == ServiceState.Paused, "paused");
        await site.Platform.UnpauseAsync("api", Token);
        Assert.Equal((ServiceState.Running, pid), ((await site.ObserveAsync("api")).State, (await site.ObserveAsync("api")).Pid));
        await site.Platform.PauseAsync("api", Token);
        Assert.Equal(ServiceState.Paused, (await site.ObserveAsync("api")).State);
        await site.Platform.StopAsync("api", Token);
        Assert.Equal(ServiceState.Stopped, (await site.ObserveAsync("api")).State);
        var error = await Assert.ThrowsAsync<PlatformException>(() => site.Platform.UnpauseAsync("api", Token));
        Assert.False(error.Retryable);
    }

    [Fact]
    public async Task Restart_WithOneEffectKey_HappensOnce()
    {
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api");
        var first = (await site.ObserveAsync("api")).Pid;
        await site.Platform.RestartAsync("api", "effect", TimeProvider.System.GetUtcNow(), Token);
        var second = (await site.ObserveAsync("api")).Pid;
        using var resumed = site.NewPlatform();
        await resumed.RestartAsync("api", "effect", TimeProvider.System.GetUtcNow(), Token);
        Assert.NotEqual(first, second);
        Assert.Equal(second, (await site.ObserveAsync("api")).Pid);
        await resumed.RestartAsync("api", "other", TimeProvider.System.GetUtcNow(), Token);
        Assert.NotEqual(second, (await site.ObserveAsync("api")).Pid);
    }

    [Fact]
    public async Task Restart_ByTwoPlatformsAtOnceWithOneEffectKey_HappensOnce()
    {
        await using var site = new ProcessSite("services: {api: {x-quorate: {command: [/bin/sh, -c, 'echo one more start; exec sleep 600']}}}");
        await site.StartAsync("api");
        using var other = site.NewPlatform();
        var at = TimeProvider.System.GetUtcNow();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => (i % 2 == 0 ? site.Platform : other).RestartAsync("api", "effect", at, Token), Token)));
        var log = File.ReadAllLines(Path.Combine(site.State, "logs/api.log"));
        Assert.Equal(2, log.Length);
        Assert.Equal("effect", (await site.ObserveAsync("api")).EffectKey);
    }

    [Fact]
    public async Task Restart_AfterOnlyTheStopHappened_FinishesIt()
    {
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api");
        await site.Platform.StopAsync("api", Token);
        using var resumed = site.NewPlatform();
        await resumed.RestartAsync("api", "effect", TimeProvider.System.GetUtcNow(), Token);
        Assert.Equal("effect", (await site.ObserveAsync("api")).EffectKey);
    }

    [Fact]
    public async Task Recreate_WithValues_HasExactlyThemUntilRecreatedAsDeclared()
    {
        await using var site = new ProcessSite(Sleeper);
        await site.StartAsync("api");
        var drifted = new Dictionary<string, string> { ["PLAIN"] = "wrong", ["ADDED"] = "x=y" };
        await site.Platform.RecreateAsync("api", drifted, "drift", TimeProvider.System.GetUtcNow(), Token);
        Assert.Equal(drifted.OrderBy(e => e.Key), (await site.ObserveAsync("api")).Environment.OrderBy(e => e.Key));
        await site.Platform.RestartAsync("api", "restart", TimeProvider.System.GetUtcNow(), Token);
        Assert.Equal("wrong", (await site.ObserveAsync("api")).Environment["PLAIN"]);
        await site.Platform.RecreateAsync("api", null, "repair", TimeProvider.System.GetUtcNow(), Token);
        var repaired = (await site.ObserveAsync("api")).Environment;
        Assert.Equal(site.Site.Find("api")!.Environment.OrderBy(e => e.Key), repaired.OrderBy(e => e.Key));
    }

    [Fact]
    public async Task ProcessOfSomebodyElse_WithTheMarkers_IsTheService()
    {
        await using var site = new ProcessSite(Sleeper);
        // In a session of its own: whether that of the test's runner still has its first process is not ours to know.
        var info = new ProcessStartInfo("setsid") { ArgumentList = { "/bin/sleep", "601" } };
        info.Environment["QUORATE_SITE"] = site.Site.Id;
        info.Environment["QUORATE_SERVICE"] = "api";
        info.Environment["PLAIN"] = "foreign";
        using var foreign = Process.Start(info)!;
        // The kernel fills in a new program's environment a moment after its start has been reported, and setsid runs first.
        ServiceObservation? seen = null;
        await ProcessSite.PollAsync(async () => (seen = await site.ObserveAsync("api")) is { } s && s.Pid == foreign.Id && s.PlatformDrift.Any(d => d.Actual == "/bin/sleep 601"), "seen");
        Assert.Equal((foreign.Id, "foreign", null), (seen!.Pid, seen.Environment["PLAIN"], seen.EffectKey));
        var drift = Assert.Single(seen.PlatformDrift);
        Assert.Equal(("command", "/bin/sleep 600", "/bin/sleep 601"), (drift.Aspect, drift.Declared, drift.Actual));
        await site.Platform.RecreateAsync("api", null, "repair", TimeProvider.System.GetUtcNow(), Token);
        Assert.True(foreign.HasExited);
        Assert.Empty((await site.ObserveAsync("api")).PlatformDrift);
    }

    [Theory]
    [InlineData("[/bin/sh, -c, \"echo address already in use >&2; exit 3\"]", "exit code 3", "address already in use", true)]
    [InlineData("[/no/such/program]", "exit code 127", "not found", false)]
    public async Task Start_OfAServiceThatEndsAtOnce_TellsItsLog(string command, string code, string reason, bool retryable)
    {
        await using var site = new ProcessSite($"services: {{api: {{x-quorate: {{command: {command}}}}}}}");
        var error = await Assert.ThrowsAsync<PlatformException>(() => site.StartAsync("api"));
        Assert.Contains(code, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(retryable, error.Retryable);
        Assert.Equal(ServiceState.Stopped, (await site.ObserveAsync("api")).State);
    }

    [Fact]
    public async Task Start_InAFolderThatIsNotThere_NamesIt()
    {
        await using var site = new ProcessSite("services: {api: {x-quorate: {command: [/bin/sleep, '5'], directory: gone}}}");
        var error = await Assert.ThrowsAsync<PlatformException>(() => site.StartAsync("api"));
        Assert.Contains(Path.Combine(site.Folder, "gone"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LeftOverChildren_OfADeadService_AreNotTheServiceAndAreStopped()
    {
        await using var site = new ProcessSite("services: {api: {x-quorate: {command: [/bin/sh, -c, 'sleep 602 & echo child $$!; wait']}}}");
        await site.StartAsync("api");
        await site.PollLogAsync("api", "child ");
        var child = int.Parse(File.ReadAllText(Path.Combine(site.State, "logs/api.log")).Split(' ', '\n')[1], CultureInfo.InvariantCulture);
        ProcessSite.Must("kill", "-KILL", $"{(await site.ObserveAsync("api")).Pid}");
        await ProcessSite.PollAsync(async () => (await site.ObserveAsync("api")).State == ServiceState.Stopped, "stopped");
        Assert.True(Directory.Exists($"/proc/{child}"));
        await site.StartAsync("api", "again");
        await ProcessSite.PollAsync(() => Task.FromResult(!Directory.Exists($"/proc/{child}")), "left-over gone");
        Assert.Equal(ServiceState.Running, (await site.ObserveAsync("api")).State);
    }

    [Fact]
    public async Task Stop_OfAServiceThatIgnoresTheSignal_KillsItAfterTheGrace()
    {
        await using var site = new ProcessSite("services: {api: {x-quorate: {command: [/bin/sh, -c, 'trap \"\" TERM; echo ready; while :; do sleep 1; done']}}}");
        await site.StartAsync("api");
        await site.PollLogAsync("api", "ready");
        await site.Platform.StopAsync("api", Token);
        Assert.Equal(ServiceState.Stopped, (await site.ObserveAsync("api")).State);
    }

    [Fact]
    public async Task Scale_ToOtherThanOne_IsRefused()
    {
        await using var site = new ProcessSite(Sleeper);
        var error = await Assert.ThrowsAsync<PlatformException>(() => site.Platform.ScaleAsync("api", 2, "key", Token));
        Assert.False(error.Retryable);
        await site.Platform.ScaleAsync("api", 1, "key", Token);
        Assert.Equal(ServiceState.Running, (await site.ObserveAsync("api")).State);
    }

    [Fact]
    public async Task UnknownService_IsRefused()
    {
        await using var site = new ProcessSite(Sleeper);
        var error = await Assert.ThrowsAsync<PlatformException>(() => site.StartAsync("nope"));
        Assert.Contains("api", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Site_WithContainersOnly_IsRefusedNamingThem()
    {
        var site = new Site { Name = "x", Id = "x-1", ComposeFile = "/x/c.yaml", Services = [new ServiceSpec { Name = "db" }, new ServiceSpec { Name = "api" }] };
        var error = Assert.Throws<QuorateException>(() => new ProcessPlatform(site, "/nowhere", TimeProvider.System));
        Assert.Equal((ErrorKind.Input, "no_process_spec"), (error.Kind, error.Code));
        Assert.Contains("db, api", error.Message, StringComparison.Ordinal);
    }
}

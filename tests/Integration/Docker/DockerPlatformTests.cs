using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Docker;
using static Quorate.Tests.Integration.Docker.TestSite;

namespace Quorate.Tests.Integration.Docker;

[Collection(EngineTests.Name)]
public sealed class DockerPlatformTests(EngineFixture engine)
{
    private static readonly TimeSpan ExecTimeout = TimeSpan.FromSeconds(10);

    private TestSite WebAndWorker(int replicas = 1) => new(
        $$"""
        version: "2.4"
        services:
          web:
            image: {{engine.Image}}
            command: ["busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
            ports: ["127.0.0.1::8080"]
            cpus: 0.5
            mem_limit: 64m
            volumes: ["data:/data"]
            healthcheck: {test: ["CMD", "busybox", "wget", "-q", "-O-", "http://127.0.0.1:8080/"], interval: 1s, timeout: 2s, retries: 3}
          worker:
            image: {{engine.Image}}
            depends_on: [web]
            environment: {STORE: "${STORE:-right}", PRICE: "$$5"}
        volumes:
          data: {}
        """,
        new ServiceSpec
        {
            Name = "web",
            Image = engine.Image,
            Command = ["busybox", "httpd", "-f", "-p", "8080", "-h", "/www"],
            Volumes = [new VolumeMount("data", "/data", false, "volume")],
        },
        new ServiceSpec
        {
            Name = "worker",
            Image = engine.Image,
            Environment = new Dictionary<string, string> { ["STORE"] = "right", ["PRICE"] = "$5" },
            Replicas = replicas,
        });

    [Fact]
    public async Task UpThenDown_WholeSite_ShowsItAndLeavesNothing()
    {
        await using var site = WebAndWorker();
        Assert.All(await site.Platform.ObserveAsync(Token), o => Assert.Equal(ServiceState.Missing, o.State));
        var lines = new List<string>();

        await site.Platform.UpAsync(new Lines(lines), Token);

        Assert.Equal(["web", "worker"], (await site.Platform.ObserveAsync(Token)).Select(o => o.Name));
        Assert.NotEmpty(lines);
        var web = await site.UntilAsync("web", o => o.EngineHealth == "healthy");
        Assert.Equal((ServiceState.Running, 1, 0.5, 64 * 1024 * 1024L), (web.State, web.Replicas, web.Cpus, web.MemoryBytes));
        Assert.Equal(engine.Image, web.Image);
        Assert.Equal(["default"], web.Networks);
        Assert.True(web.Pid > 0 && web.StartedAt > TimeProvider.System.GetUtcNow().AddMinutes(-5));
        Assert.Empty(web.PlatformDrift);
        Assert.Empty(web.DataProblems);
        Assert.Empty(web.Environment);
        Assert.Equal(8080, Assert.Single(web.Ports).ContainerPort);
        using var http = new HttpClient();
        Assert.Equal("one", await http.GetStringAsync(Assert.Single(web.Endpoints), Token));
        var worker = await site.ObserveAsync("worker");
        Assert.Equal(new Dictionary<string, string> { ["STORE"] = "right", ["PRICE"] = "$5" }, worker.Environment);
        Assert.Equal(8080, Assert.Single(worker.Endpoints).Port);

        await site.Platform.DownAsync(null, Token);

        Assert.Empty(await site.LeftoversAsync());
        Assert.All(await site.Platform.ObserveAsync(Token), o => Assert.Equal(ServiceState.Missing, o.State));
    }

    [Fact]
    public async Task Up_SiteBroughtUpByHand_IsUsedAsItIs()
    {
        await using var site = WebAndWorker();
        await site.ComposeAsync(["up", "-d"], ("STORE", "by hand"));
        await site.ComposeAsync(["run", "-d", "worker", "busybox", "sleep", "60"]);
        var before = await site.Platform.ObserveAsync(Token);

        await site.Platform.UpAsync(null, Token);

        var after = await site.Platform.ObserveAsync(Token);
        Assert.Equal(before.Select(o => (o.ContainerId, o.StartedAt)), after.Select(o => (o.ContainerId, o.StartedAt)));
        Assert.All(after, o => Assert.Equal((ServiceState.Running, 1), (o.State, o.Replicas)));
        Assert.Equal("by hand", after[1].Environment["STORE"]);
    }

    [Fact]
    public async Task Up_OneKilledOnePaused_BringsBothBackAsTheyWere()
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);
        var before = await site.Platform.ObserveAsync(Token);
        await Command.MustAsync("docker", ["kill", before[0].ContainerId!], null);
        await site.Platform.PauseAsync("worker", Token);

        await site.Platform.UpAsync(null, Token);

        var after = await site.Platform.ObserveAsync(Token);
        Assert.All(after, o => Assert.Equal(ServiceState.Running, o.State));
        Assert.Equal(before.Select(o => o.ContainerId), after.Select(o => o.ContainerId));
        Assert.Equal(before[1].Pid, after[1].Pid);
    }

    [Fact]
    public async Task Start_KilledOutsideThenRemoved_RunsAgain()
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);
        var id = (await site.ObserveAsync("worker")).ContainerId!;
        await Command.MustAsync("docker", ["kill", id], null);
        var killed = await site.UntilAsync("worker", o => o.State == ServiceState.Stopped);
        Assert.Equal((137, 0, null), (killed.ExitCode, killed.Replicas, killed.Pid));

        await site.Platform.StartAsync("worker", "k", Token);
        Assert.Equal((ServiceState.Running, id), await StateAsync(site, "worker"));
        await site.Platform.StartAsync("worker", "k", Token);
        Assert.Equal((ServiceState.Running, id), await StateAsync(site, "worker"));

        await Command.MustAsync("docker", ["rm", "-f", id], null);
        Assert.Equal(ServiceState.Missing, (await site.ObserveAsync("worker")).State);
        await site.Platform.StartAsync("worker", "k2", Token);
        Assert.Equal(ServiceState.Running, (await site.ObserveAsync("worker")).State);
    }

    [Fact]
    public async Task StopPauseUnpause_Twice_AreAsOnce()
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);

        foreach (var _ in Enumerable.Range(0, 2))
        {
            await site.Platform.PauseAsync("worker", Token);
            Assert.Equal(ServiceState.Paused, (await site.ObserveAsync("worker")).State);
        }

        foreach (var _ in Enumerable.Range(0, 2))
        {
            await site.Platform.UnpauseAsync("worker", Token);
            Assert.Equal(ServiceState.Running, (await site.ObserveAsync("worker")).State);
        }

        foreach (var _ in Enumerable.Range(0, 2))
        {
            await site.Platform.StopAsync("worker", Token);
            Assert.Equal(ServiceState.Stopped, (await site.ObserveAsync("worker")).State);
        }
    }

    [Fact]
    public async Task Restart_RepeatedForOneIntent_HappensOnce()
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);
        var before = await site.ObserveAsync("worker");
        var intendedAt = TimeProvider.System.GetUtcNow();

        await site.Platform.RestartAsync("worker", "k", intendedAt, Token);
        var once = await site.ObserveAsync("worker");
        await site.Platform.RestartAsync("worker", "k", intendedAt, Token);
        var twice = await site.ObserveAsync("worker");

        Assert.True(once.StartedAt > intendedAt && before.StartedAt < intendedAt);
        Assert.Equal((once.StartedAt, once.Pid, before.ContainerId), (twice.StartedAt, twice.Pid, twice.ContainerId));
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("pause")]
    public async Task Restart_FoundStoppedOrPaused_Finishes(string found)
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);
        var before = await site.ObserveAsync("worker");
        var intendedAt = TimeProvider.System.GetUtcNow();
        await Command.MustAsync("docker", [found, .. found == "stop" ? ["-t", "0"] : Array.Empty<string>(), before.ContainerId!], null);

        await site.Platform.RestartAsync("worker", "k", intendedAt, Token);

        var after = await site.ObserveAsync("worker");
        Assert.Equal((ServiceState.Running, before.ContainerId), (after.State, after.ContainerId));
        Assert.True(after.StartedAt > intendedAt);
    }

    [Fact]
    public async Task Recreate_EnvironmentDriftedOutside_IsAsDeclaredOnce()
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);
        await site.ComposeAsync(["up", "-d", "--no-deps", "worker"], ("STORE", "wrong"));
        Assert.Equal("wrong", (await site.ObserveAsync("worker")).Environment["STORE"]);
        var intendedAt = TimeProvider.System.GetUtcNow();

        await site.Platform.RecreateAsync("worker", null, "k", intendedAt, Token);
        var once = await site.ObserveAsync("worker");
        await site.Platform.RecreateAsync("worker", null, "k", intendedAt, Token);

        Assert.Equal((ServiceState.Running, "right", 1), (once.State, once.Environment["STORE"], once.Replicas));
        Assert.Equal((ServiceState.Running, once.ContainerId), await StateAsync(site, "worker"));
    }

    [Fact]
    public async Task Recreate_GivenEnvironment_IsExactlyThatAndDataStays()
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);
        await site.Platform.ExecAsync("web", ["busybox", "touch", "/data/kept"], ExecTimeout, Token);
        var given = new Dictionary<string, string> { ["STORE"] = "a $HOME ${X:-y} \"q\" 'z'\nline: 2", ["NEW"] = "0x1F" };

        await site.Platform.RecreateAsync("worker", given, "k", TimeProvider.System.GetUtcNow(), Token);
        await site.Platform.RecreateAsync("web", given, "k", TimeProvider.System.GetUtcNow(), Token);

        Assert.Equal(given, (await site.ObserveAsync("worker")).Environment);
        var web = await site.ObserveAsync("web");
        Assert.Equal(given, web.Environment);
        Assert.Equal((0.5, 64 * 1024 * 1024L), (web.Cpus, web.MemoryBytes));
        Assert.Empty(web.PlatformDrift);
        Assert.Equal(0, (await site.Platform.ExecAsync("web", ["busybox", "test", "-e", "/data/kept"], ExecTimeout, Token)).ExitCode);

        await site.Platform.RecreateAsync("worker", null, "k2", TimeProvider.System.GetUtcNow(), Token);
        Assert.Equal(site.Site.Find("worker")!.Environment, (await site.ObserveAsync("worker")).Environment);
    }

    [Fact]
    public async Task Recreate_PausedService_RunsAsDeclared()
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);
        await site.Platform.PauseAsync("worker", Token);

        await site.Platform.RecreateAsync("worker", null, "k", TimeProvider.System.GetUtcNow(), Token);

        Assert.Equal(ServiceState.Running, (await site.ObserveAsync("worker")).State);
    }

    [Fact]
    public async Task Scale_UpAndDown_CountsRunningContainers()
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);

        await site.Platform.ScaleAsync("worker", 3, "k", Token);
        Assert.Equal(3, (await site.ObserveAsync("worker")).Replicas);
        await Command.MustAsync("docker", ["kill", (await site.ObserveAsync("worker")).ContainerId!], null);
        Assert.Equal(2, (await site.UntilAsync("worker", o => o.Replicas < 3)).Replicas);
        await site.Platform.ScaleAsync("worker", 3, "k2", Token);
        Assert.Equal(3, (await site.ObserveAsync("worker")).Replicas);
        await site.Platform.ScaleAsync("worker", 1, "k3", Token);
        Assert.Equal((ServiceState.Running, 1), (await site.ObserveAsync("worker")) is var o ? (o.State, o.Replicas) : default);
    }

    [Fact]
    public async Task Up_TwoReplicasDeclared_RunsTwo()
    {
        await using var site = WebAndWorker(replicas: 2);

        await site.Platform.UpAsync(null, Token);

        Assert.Equal(2, (await site.ObserveAsync("worker")).Replicas);
    }

    [Fact]
    public async Task Observe_NetworkTakenAwayAndLimitsChanged_ShowsIt()
    {
        await using var site = WebAndWorker();
        await site.Platform.UpAsync(null, Token);
        var id = (await site.ObserveAsync("web")).ContainerId!;
        await Command.MustAsync("docker", ["network", "disconnect", site.Site.Name + "_default", id], null);
        await Command.MustAsync("docker", ["update", "--cpus", "0.2", id], null);

        var web = await site.ObserveAsync("web");
        Assert.Empty(web.Networks);
        Assert.Equal(0.2, web.Cpus);

        await site.Platform.RecreateAsync("web", null, "k", TimeProvider.System.GetUtcNow(), Token);
        web = await site.ObserveAsync("web");
        Assert.Equal(["default"], web.Networks);
        Assert.Equal(0.5, web.Cpus);
    }

    [Fact]
    public async Task Observe_TagMovedAndCommandDiffers_IsPlatformDrift()
    {
        var tag = engine.Image + "-moved";
        await EngineFixture.ImportAsync(tag, "old");
        var old = await Command.MustAsync("docker", ["images", "-q", "--no-trunc", tag], null);
        try
        {
            await using var site = new TestSite(
                $"version: \"2.4\"\nservices: {{app: {{image: \"{tag}\"}}}}\n",
                new ServiceSpec { Name = "app", Image = tag, Command = ["busybox", "sleep", "1"] });
            await site.Platform.UpAsync(null, Token);
            await EngineFixture.ImportAsync(tag, "new");

            var drift = (await site.ObserveAsync("app")).PlatformDrift;

            Assert.Equal(["image", "command"], drift.Select(d => d.Aspect));
            Assert.Equal(old, drift[0].Actual);
            Assert.Equal(("busybox sleep 1", "/bin/busybox sleep 3600"), (drift[1].Declared, drift[1].Actual));
        }
        finally
        {
            await Command.RunAsync("docker", ["rmi", "-f", tag, old], null);
        }
    }

    [Fact]
    public async Task Call_ServiceThatTheFileLacks_IsAnInputError()
    {
        await using var site = WebAndWorker();

        var error = await Assert.ThrowsAsync<QuorateException>(() => site.Platform.StopAsync("nope", Token));

        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Contains("web, worker", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_ImageThatDoesNotExist_SaysWhatComposeSaid()
    {
        await using var site = new TestSite(
            "version: \"2.4\"\nservices: {app: {image: \"127.0.0.1:9/nothing/here:1\"}}\n", new ServiceSpec { Name = "app", Image = "127.0.0.1:9/nothing/here:1" });

        var error = await Assert.ThrowsAsync<PlatformException>(() => site.Platform.UpAsync(null, Token));

        Assert.Contains("127.0.0.1:9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Observe_EngineUnreachable_IsMissingWithAHint()
    {
        await using var site = WebAndWorker();
        using var platform = new DockerPlatform(site.Site, new DockerOptions { Host = "unix:///nonexistent/docker.sock" }, TimeProvider.System);

        foreach (var call in new Func<Task>[] { () => platform.ObserveAsync(Token), () => platform.UpAsync(null, Token), () => platform.DownAsync(null, Token) })
        {
            var error = await Assert.ThrowsAsync<QuorateException>(call);
            Assert.Equal((ErrorKind.Missing, "docker_unreachable"), (error.Kind, error.Code));
            Assert.NotNull(error.Hint);
        }
    }

    private static async Task<(ServiceState State, string? Id)> StateAsync(TestSite site, string service)
    {
        var seen = await site.ObserveAsync(service);
        return (seen.State, seen.ContainerId);
    }

    private sealed class Lines(List<string> lines) : IProgress<string>
    {
        public void Report(string value)
        {
            lock (lines)
            {
                lines.Add(value);
            }
        }
    }
}

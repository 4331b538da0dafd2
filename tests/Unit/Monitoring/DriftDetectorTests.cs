using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Monitoring;

public sealed class DriftDetectorTests
{
    private static readonly ServiceSpec Spec = Service("api", ("DB_HOST", "store"), ("DB_PASSWORD", "s3cret"), ("URL", "amqp://me:pw@mq:5672/")) with
    {
        Image = "shop/api",
        Cpus = 0.5,
        MemoryBytes = 64_000_000,
        Networks = ["back"],
        Ports = [new PortMapping("", 8080, 80, "tcp"), new PortMapping("", 0, 81, "tcp")],
    };

    private static readonly ServiceObservation AsDeclared = new()
    {
        Name = "api",
        State = ServiceState.Running,
        Environment = new Dictionary<string, string>(Spec.Environment) { ["PATH"] = "/bin" },
        Image = "docker.io/shop/api:latest",
        Cpus = 0.5,
        MemoryBytes = 64_000_000,
        Networks = ["shop_back"],
        Ports = [new PortMapping("0.0.0.0", 8080, 80, "tcp"), new PortMapping("0.0.0.0", 49153, 81, "tcp")],
        Replicas = 1,
    };

    public static TheoryData<string, string> Cases => new()
    {
        { "as_declared", "" },
        { "stopped", "running/state:running->stopped (exit code 137)" },
        { "missing", "running/state:running->missing" },
        { "paused", "running/state:running->paused" },
        { "env_changed", "environment/DB_HOST:store->elsewhere" },
        { "env_absent", "environment/DB_HOST:store->" },
        { "secret", "environment/DB_PASSWORD:***->***" },
        { "password_in_address", "environment/URL:amqp://me:***@mq:5672/->amqp://me:***@other:5672/" },
        { "image", "image/image:shop/api->shop/api:2" },
        { "cpu_limit", "limits/cpus:0.5->0.2" },
        { "no_memory_limit", "limits/memory:64000000->" },
        { "network", "networks/back:attached->" },
        { "port", "ports/80/tcp:8080->8081" },
        { "replicas", "replicas/count:1->3" },
        { "data", "data//var/data:writable->readonly: mounted read-only" },
        { "platform", "command/argv:run->sleep" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Detect_OneDifference_IsFound(string name, string expected)
    {
        var observed = Change(name);
        var drift = DriftDetector.Detect(Site(Spec), Spec, observed, "docker");
        Assert.Equal(expected, string.Join('|', drift.Select(d => $"{d.Aspect}/{d.Name}:{d.Declared}->{d.Actual}")));
    }

    [Theory]
    [InlineData("image")]
    [InlineData("cpu_limit")]
    [InlineData("network")]
    [InlineData("port")]
    public void Detect_ContainerAspectOnAProcess_DoesNotCount(string name) =>
        Assert.Empty(DriftDetector.Detect(Site(Spec), Spec, Change(name), DriftDetector.ProcessPlatform));

    [Fact]
    public void Detect_Process_ComparesItsOwnEnvironment()
    {
        var spec = Spec with
        {
            Process = new ProcessSpec { Command = ["api"], WorkingDirectory = "/", Environment = new Dictionary<string, string> { ["DB_HOST"] = "127.0.0.1" } },
        };
        var drift = Assert.Single(DriftDetector.Detect(Site(spec), spec, AsDeclared, DriftDetector.ProcessPlatform));
        Assert.Equal(("DB_HOST", "127.0.0.1", "store"), (drift.Name, drift.Declared, drift.Actual));
    }

    [Fact]
    public void Detect_OneShotThatCompleted_IsAsDeclared()
    {
        var job = Service("migrate");
        var user = Service("api") with { DependsOn = [new ServiceDependency("migrate", "service_completed_successfully")] };
        var ended = new ServiceObservation { Name = "migrate", State = ServiceState.Stopped, ExitCode = 0 };
        Assert.Empty(DriftDetector.Detect(Site(job, user), job, ended, "docker"));
        Assert.Single(DriftDetector.Detect(Site(job, user), job, ended with { ExitCode = 1 }, "docker"));
        Assert.Single(DriftDetector.Detect(Site(job), job, ended, "docker"));
    }

    private static ServiceObservation Change(string name) => name switch
    {
        "stopped" => AsDeclared with { State = ServiceState.Stopped, ExitCode = 137 },
        "missing" => AsDeclared with { State = ServiceState.Missing, Environment = new Dictionary<string, string>() },
        "paused" => AsDeclared with { State = ServiceState.Paused },
        "env_changed" => With("DB_HOST", "elsewhere"),
        "env_absent" => With("DB_HOST", null),
        "secret" => With("DB_PASSWORD", "other"),
        "password_in_address" => With("URL", "amqp://me:pw2@other:5672/"),
        "image" => AsDeclared with { Image = "shop/api:2" },
        "cpu_limit" => AsDeclared with { Cpus = 0.2 },
        "no_memory_limit" => AsDeclared with { MemoryBytes = 0 },
        "network" => AsDeclared with { Networks = [] },
        "port" => AsDeclared with { Ports = [new PortMapping("", 8081, 80, "tcp"), new PortMapping("", 5, 81, "tcp")] },
        "replicas" => AsDeclared with { Replicas = 3 },
        "data" => AsDeclared with { DataProblems = [new DataProblem("/var/data", DataProblemKind.ReadOnly, true, "mounted read-only")] },
        "platform" => AsDeclared with { PlatformDrift = [new Drift("api", "command", "argv", "run", "sleep")] },
        _ => AsDeclared,
    };

    private static ServiceObservation With(string name, string? value)
    {
        var environment = new Dictionary<string, string>(AsDeclared.Environment);
        environment.Remove(name);
        if (value is not null)
        {
            environment[name] = value;
        }

        return AsDeclared with { Environment = environment };
    }
}

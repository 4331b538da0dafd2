using System.Text.Json;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Docker;

namespace Quorate.Tests.Unit.Docker;

public class ContainerViewTests
{
    private const string Loopback = """{"8080/tcp":[{"HostIp":"127.0.0.1","HostPort":"32768"}],"5432/tcp":[{"HostIp":"0.0.0.0","HostPort":"5433"},{"HostIp":"::","HostPort":"5433"}],"9/udp":[{"HostIp":"127.0.0.1","HostPort":"9"}],"81/tcp":[{"HostIp":"10.0.0.1","HostPort":"81"}],"82/tcp":null}""";

    [Theory]
    [InlineData("running", ServiceState.Running)]
    [InlineData("paused", ServiceState.Paused)]
    [InlineData("restarting", ServiceState.Stopped)]
    [InlineData("created", ServiceState.Stopped)]
    [InlineData("exited", ServiceState.Stopped)]
    [InlineData("dead", ServiceState.Stopped)]
    public void State_OfTheEnginesWords_IsOneOfOurs(string status, ServiceState state) => Assert.Equal(state, ContainerView.State(Container(status: status)));

    [Fact]
    public void OwnEnvironment_ImageBringsSomeOfIt_KeepsChangedAndDeclared()
    {
        var container = Container(env: """["PATH=/bin","LANG=C","MODE=fast","EMPTY=","TEXT=a=b","NAMED"]""");
        var image = new ImageInspection("i", new ContainerConfig { Env = ["PATH=/bin", "LANG=de", "MODE=fast"] });
        var spec = new ServiceSpec { Name = "s", Environment = new Dictionary<string, string> { ["MODE"] = "fast" } };

        var own = ContainerView.OwnEnvironment(container, image, spec);

        Assert.Equal(
            new Dictionary<string, string> { ["LANG"] = "C", ["MODE"] = "fast", ["EMPTY"] = "", ["TEXT"] = "a=b", ["NAMED"] = "" }, own);
    }

    [Fact]
    public void Networks_PrefixedLabelledAndForeign_AreNamedAsInTheFile()
    {
        var container = Container(networks: """{"shop_default":{},"custom-name":{},"shopping":{}}""");

        Assert.Equal(["back", "default", "shopping"], ContainerView.Networks(container, "shop", new Dictionary<string, string> { ["custom-name"] = "back" }));
    }

    [Fact]
    public void Ports_EngineChoseTheHostPort_IsTheOneItChose()
    {
        var container = Container(
            bindings: """{"8080/tcp":[{"HostIp":"127.0.0.1","HostPort":""}],"5432/tcp":[{"HostIp":"","HostPort":"5433"}]}""", ports: Loopback);

        Assert.Equal([new PortMapping("", 5433, 5432, "tcp"), new PortMapping("127.0.0.1", 32768, 8080, "tcp")], ContainerView.Ports(container));
    }

    [Fact]
    public void Endpoints_PublishedOnThisHost_AreLoopbackAddresses() => Assert.Equal(
        ["http://127.0.0.1:32768/", "tcp://127.0.0.1:5433/"],
        ContainerView.Endpoints(Container(ports: Loopback), new ServiceSpec { Name = "s" }).Select(e => e.ToString()));

    [Fact]
    public void Endpoints_NothingPublished_AreTheContainersOwn()
    {
        var container = Container(networks: """{"a":{"IPAddress":""},"b":{"IPAddress":"172.18.0.3"}}""", exposed: """{"7000/tcp":{},"6379/tcp":{},"53/udp":{}}""");
        var spec = new ServiceSpec
        {
            Name = "s",
            HealthCheck = new HealthCheck(["CMD", "wget", "http://localhost:7000/h"], TimeSpan.Zero, TimeSpan.Zero, 1, TimeSpan.Zero),
        };

        Assert.Equal(["tcp://172.18.0.3:6379/", "http://172.18.0.3:7000/"], ContainerView.Endpoints(container, spec).Select(e => e.ToString()));
    }

    [Theory]
    [InlineData("""{"NanoCpus":500000000}""", 0.5)]
    [InlineData("""{"CpuQuota":20000,"CpuPeriod":50000}""", 0.4)]
    [InlineData("""{"CpuQuota":20000}""", 0.2)]
    [InlineData("""{"CpuQuota":-1}""", null)]
    [InlineData("{}", null)]
    public void Cpus_OfEitherForm_AreCores(string host, double? cores) => Assert.Equal(cores, ContainerView.Cpus(JsonSerializer.Deserialize<HostConfig>(host)!));

    [Fact]
    public void DataProblems_DeclaredWritableMountedReadOnly_IsNamed()
    {
        var container = Container(mounts: """
            [{"Type":"volume","Source":"/v","Destination":"/data","RW":false},{"Type":"bind","Source":"/c","Destination":"/conf","RW":false},
             {"Type":"bind","Source":"/x","Destination":"/data/sub","RW":false},{"Type":"bind","Source":"/w","Destination":"/work","RW":true}]
            """);
        var spec = new ServiceSpec
        {
            Name = "s",
            Volumes = [new("v", "/data/", false, "volume"), new("./c", "/conf", true, "bind"), new("w", "/work", false, "bind")],
        };

        Assert.Equal([("/data", false), ("/data/sub", true)], ContainerView.DataProblems(container, spec).Select(p => (p.Path, p.UndeclaredMount)));
    }

    [Theory]
    [InlineData("True", true)]
    [InlineData("False", false)]
    [InlineData("nonsense", false)]
    [InlineData(null, false)]
    public void IsOneOff_OfTheLabel_IsReadInAnyCase(string? value, bool expected) =>
        Assert.Equal(expected, ComposeLabels.IsOneOff(value is null ? null : new Dictionary<string, string> { [ComposeLabels.OneOff] = value }));

    private static ContainerInspection Container(
        string status = "running", string env = "[]", string networks = "{}", string bindings = "{}", string ports = "{}", string exposed = "{}", string mounts = "[]") =>
        JsonSerializer.Deserialize<ContainerInspection>($$"""
            {"Id":"c","Created":"2026-03-01T10:00:00.123456789Z","Image":"sha256:1","State":{"Status":"{{status}}","Pid":1,"StartedAt":"2026-03-01T10:00:00Z"},
             "Config":{"Env":{{env}},"ExposedPorts":{{exposed}},"Unknown":[1]},"HostConfig":{"PortBindings":{{bindings}} },
             "NetworkSettings":{"Networks":{{networks}},"Ports":{{ports}} },"Mounts":{{mounts}} }
            """)!;
}

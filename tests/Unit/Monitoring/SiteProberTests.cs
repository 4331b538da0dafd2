using System.Net;
using System.Net.Sockets;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;

namespace Quorate.Tests.Unit.Monitoring;

public sealed class SiteProberTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(200, true)]
    [InlineData(204, true)]
    [InlineData(302, false)]
    [InlineData(404, false)]
    [InlineData(503, false)]
    public async Task Probe_HealthAddress_MustAnswer2xx(int status, bool healthy)
    {
        await using var server = new LoopbackServer(_ => (status, ""));
        var found = await ProbeAsync(Service("api") with { Health = new Uri(server.Root, "healthz") });
        Assert.Equal(healthy, found.Healthy);
        Assert.NotNull(found.LatencyMs);
    }

    [Fact]
    public async Task Probe_HealthAddressStaysSilent_IsUnhealthyWithoutLatency()
    {
        await using var server = new LoopbackServer(_ => null);
        var found = await ProbeAsync(Service("api") with { Health = server.Root });
        Assert.False(found.Healthy);
        Assert.Null(found.LatencyMs);
        Assert.Contains("no answer within", found.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_PublishedPortRefuses_IsUnhealthy()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var found = await ProbeAsync(Service("api"), o => o with { Ports = [new PortMapping("", port, 80, "tcp")] });
        Assert.False(found.Healthy);
        Assert.Contains("ConnectionRefused", found.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80, 500, false)]
    [InlineData(80, 404, true)]
    [InlineData(5432, 500, true)]
    public async Task Probe_PublishedHttpPort_FailsOnlyWith5xxAndNotOnBinaryPorts(int containerPort, int status, bool healthy)
    {
        await using var server = new LoopbackServer(_ => (status, ""));
        var port = server.Port;
        var found = await ProbeAsync(Service("api"), o => o with { Ports = [new PortMapping("", port, containerPort, "tcp")] });
        Assert.Equal(healthy, found.Healthy);
        Assert.Equal(containerPort == 5432 ? 0 : 1, server.Paths.Count);
    }

    [Fact]
    public async Task Probe_DeclaredCurl_IsAskedOnThePublishedPort()
    {
        await using var server = new LoopbackServer(path => (path == "/live" ? 500 : 200, ""));
        var check = new HealthCheck(["CMD-SHELL", "curl -fsS http://localhost:8080/live || exit 1"], TimeSpan.Zero, TimeSpan.Zero, 3, TimeSpan.Zero);
        var port = server.Port;
        var found = await ProbeAsync(Service("api") with { HealthCheck = check }, o => o with { Ports = [new PortMapping("", port, 8080, "tcp")] });
        Assert.False(found.Healthy);
        Assert.Contains("/live", server.Paths);
    }

    [Fact]
    public async Task Probe_DeclaredProgram_IsRunInsideExactlyAsDeclared()
    {
        var world = new FakeWorld(Site(Service("store") with
        {
            HealthCheck = new HealthCheck(["CMD", "pg_isready", "-U", "a b"], TimeSpan.Zero, TimeSpan.FromSeconds(2), 3, TimeSpan.Zero),
        }));
        var status = await Prober(world).ProbeAsync(Token);
        Assert.True(status.Healthy);
        Assert.Equal(1, world.Effects["store/exec"]);
        Assert.Equal(["pg_isready", "-U", "a b"], DeclaredHealthCheck.Command(world.Site.Services[0].HealthCheck!));
    }

    [Theory]
    [InlineData("http://localhost:8080/live", "http://127.0.0.1:9000/live")]
    [InlineData("http://api:8080/live", "http://127.0.0.1:9000/live")]
    [InlineData("http://elsewhere:8080/live", null)]
    [InlineData("http://localhost:8081/live", null)]
    public void FindHostUrl_OnlyItsOwnPublishedPort_IsMapped(string asked, string? expected)
    {
        var spec = Service("api") with { HealthCheck = new HealthCheck(["CMD", "wget", "-q", asked], TimeSpan.Zero, TimeSpan.Zero, 1, TimeSpan.Zero) };
        Assert.Equal(expected, DeclaredHealthCheck.FindHostUrl(spec, [new PortMapping("0.0.0.0", 9000, 8080, "tcp")])?.AbsoluteUri);
    }

    [Fact]
    public async Task Probe_SiteProbe_MustAnswerWithTheStatusExpected()
    {
        await using var server = new LoopbackServer(_ => (200, ""));
        var world = new FakeWorld(Site(Service("api")) with { Probes = [new SiteProbe("order", "api", new Uri(server.Root, "orders"), "POST", "{}", 201)] });
        var status = await Prober(world).ProbeAsync(Token);
        Assert.False(status.Healthy);
        Assert.Equal("order: POST /orders answers status 200, expected 201", Assert.Single(status.Failures));
    }

    private static async Task<ServiceStatus> ProbeAsync(ServiceSpec spec, Func<ServiceObservation, ServiceObservation>? change = null)
    {
        var world = new FakeWorld(Site(spec));
        world[spec.Name] = change is null ? world[spec.Name] : change(world[spec.Name]);
        return (await Prober(world).ProbeAsync(Token)).Services[0];
    }

    private static SiteProber Prober(FakeWorld world) => new(world.Site, new FakePlatform(world, new FakeProcess()), TriageHttp.Create(), TimeProvider.System);
}

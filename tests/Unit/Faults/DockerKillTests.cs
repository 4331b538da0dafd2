using System.Net.Sockets;
using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Tests.Unit.Faults;

public sealed class DockerKillTests : IDisposable
{
    private readonly FaultBench bench = new("docker");
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string path;

    public DockerKillTests()
    {
        path = Path.Combine(bench.State, "engine.sock");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        bench.Platform["store"] = bench.Platform["store"] with { ContainerId = "c0ffee" };
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        listener.Dispose();
        bench.Dispose();
    }

    [Fact]
    public async Task Crash_OnDocker_AsksTheEngineForSigkill()
    {
        Task<string> request = AnswerOneAsync("204 No Content");
        await bench.Injector(dockerSocket: path).InjectAsync("crash", null, Stop);
        Assert.StartsWith("POST /containers/c0ffee/kill?signal=SIGKILL HTTP/1.1\r\n", await request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Crash_EngineRefuses_IsAPlatformExceptionWithItsStatus()
    {
        Task<string> request = AnswerOneAsync("409 Conflict");
        var refused = await Assert.ThrowsAsync<PlatformException>(() => bench.Injector(dockerSocket: path).InjectAsync("crash", null, Stop));
        await request;
        Assert.Contains("409", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Crash_NoEngine_SaysWhatIsMissing()
    {
        var missing = await Assert.ThrowsAsync<QuorateException>(() => bench.Injector(dockerSocket: path + ".none").InjectAsync("crash", null, Stop));
        Assert.Equal((ErrorKind.Missing, "docker_unreachable"), (missing.Kind, missing.Code));
    }

    private async Task<string> AnswerOneAsync(string status)
    {
        using Socket connection = await listener.AcceptAsync(Stop);
        byte[] buffer = new byte[4096];
        int read = await connection.ReceiveAsync(buffer, Stop);
        await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), Stop);
        return Encoding.ASCII.GetString(buffer, 0, read);
    }
}

using System.Net.Sockets;
using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Docker;

namespace Quorate.Tests.Unit.Docker;

public class EngineClientTests
{
    private const string Version = """{"ApiVersion":"1.41","MinAPIVersion":"1.12"}""";

    private static readonly string NotFrozen = Answer(500, """{"message":"OCI runtime pause failed: unable to freeze: unknown"}""");

    [Theory]
    [InlineData(404, false)]
    [InlineData(409, false)]
    [InlineData(500, true)]
    [InlineData(503, true)]
    public async Task Post_EngineRefuses_CarriesItsMessage(int status, bool retryable)
    {
        await using var engine = new ScriptedEngine(Answer(200, Version), Answer(status, """{"message":"the reason"}"""));

        var error = await Assert.ThrowsAsync<PlatformException>(() => engine.Client.PostAsync("containers/x/start", TimeSpan.Zero, TestContext.Current.CancellationToken));

        Assert.Contains("the reason", error.Message, StringComparison.Ordinal);
        Assert.Equal(retryable, error.Retryable);
    }

    [Fact]
    public async Task Pause_HostTooBusyToFreeze_IsAskedAgain()
    {
        await using var engine = new ScriptedEngine(Answer(200, Version), NotFrozen, NotFrozen, Answer(204, ""));

        await engine.Client.PauseAsync("x", TestContext.Current.CancellationToken);

        Assert.Equal(3, engine.Requests.Count(r => r == "POST /v1.41/containers/x/pause"));
    }

    [Fact]
    public async Task Pause_NeverFreezes_EndsWithTheEnginesWords()
    {
        await using var engine = new ScriptedEngine(Answer(200, Version), NotFrozen, NotFrozen, NotFrozen);

        var error = await Assert.ThrowsAsync<PlatformException>(() => engine.Client.PauseAsync("x", TestContext.Current.CancellationToken));

        Assert.Contains("unable to freeze", error.Message, StringComparison.Ordinal);
        Assert.True(error.Retryable);
    }

    [Fact]
    public async Task Post_AlreadySo_Succeeds()
    {
        await using var engine = new ScriptedEngine(Answer(200, Version), "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");

        await engine.Client.PostAsync("containers/x/stop", TimeSpan.Zero, TestContext.Current.CancellationToken);

        Assert.Equal(["GET /version", "POST /v1.41/containers/x/stop"], engine.Requests);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[not json")]
    [InlineData("not http at all\r\n\r\n")]
    [InlineData("")]
    public async Task Get_EngineAnswersGarbage_IsAPlatformException(string garbage)
    {
        await using var engine = new ScriptedEngine(TimeSpan.FromSeconds(1), Answer(200, Version), garbage);

        await Assert.ThrowsAsync<PlatformException>(() => engine.Client.GetAsync<List<ContainerSummary>>("containers/json", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Get_EngineStalls_EndsAtTheDeadlineAndMayBeRetried()
    {
        await using var engine = new ScriptedEngine(TimeSpan.FromMilliseconds(200), Answer(200, Version), null);

        var error = await Assert.ThrowsAsync<PlatformException>(() => engine.Client.GetAsync<EngineId>("images/x/json", TestContext.Current.CancellationToken));

        Assert.True(error.Retryable);
    }

    [Fact]
    public async Task Get_NobodyListens_IsMissingWithAHint()
    {
        using var client = new EngineClient(EngineAddress.Resolve("unix:///nonexistent/docker.sock"), TimeSpan.FromSeconds(5), TimeProvider.System);

        var error = await Assert.ThrowsAsync<QuorateException>(() => client.GetAsync<EngineId>("images/x/json", TestContext.Current.CancellationToken));

        Assert.Equal((ErrorKind.Missing, "docker_unreachable"), (error.Kind, error.Code));
        Assert.Contains("Start Docker", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_Cancelled_IsCancellation()
    {
        await using var engine = new ScriptedEngine(TimeSpan.FromSeconds(30), [null]);
        using var cancel = new CancellationTokenSource();
        var pending = engine.Client.GetAsync<EngineId>("images/x/json", cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
    }

    [Theory]
    [InlineData("1.41", "1.12", "1.41")]
    [InlineData("1.48", "1.24", "1.43")]
    [InlineData("1.52", "1.44", "1.44")]
    [InlineData("1.24", null, "1.24")]
    public void Negotiate_ServersRange_ChoosesWithin(string newest, string? oldest, string chosen) =>
        Assert.Equal(chosen, EngineClient.Negotiate(new EngineVersion(newest, oldest)).ToString());

    [Theory]
    [InlineData("1.23")]
    [InlineData("")]
    [InlineData(null)]
    public void Negotiate_TooOldOrUnknown_IsMissing(string? newest) =>
        Assert.Equal("docker_version", Assert.Throws<QuorateException>(() => EngineClient.Negotiate(new EngineVersion(newest, null))).Code);

    [Theory]
    [InlineData("tcp://10.0.0.1:2375")]
    [InlineData("ssh://me@host")]
    [InlineData("unix://")]
    [InlineData("nonsense")]
    public void Resolve_NotThisHost_IsRefused(string host) =>
        Assert.Equal(ErrorKind.Input, Assert.Throws<QuorateException>(() => EngineAddress.Resolve(host)).Kind);

    [Theory]
    [InlineData("unix:///run/user/1000/docker.sock")]
    [InlineData("tcp://127.0.0.1:2375")]
    [InlineData("tcp://localhost:2375")]
    public void Resolve_ThisHost_IsTaken(string host) => Assert.Equal(host, EngineAddress.Resolve(host).Text);

    private static string Answer(int status, string json) =>
        $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\nConnection: close\r\n\r\n{json}";

    /// <summary>Answers one connection each with the next text; null never answers.</summary>
    private sealed class ScriptedEngine : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quorate-engine-");
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _serving;

        public ScriptedEngine(params string?[] answers)
            : this(TimeSpan.FromSeconds(10), answers)
        {
        }

        public ScriptedEngine(TimeSpan timeout, params string?[] answers)
        {
            var path = Path.Combine(_folder.FullName, "s");
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            _listener.Listen();
            Client = new EngineClient(EngineAddress.Resolve("unix://" + path), timeout, TimeProvider.System);
            _serving = ServeAsync(answers);
        }

        public EngineClient Client { get; }

        public List<string> Requests { get; } = [];

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await _stop.CancelAsync();
            await _serving;
            _listener.Dispose();
            _stop.Dispose();
            _folder.Delete(recursive: true);
        }

        private async Task ServeAsync(string?[] answers)
        {
            try
            {
                foreach (var answer in answers)
                {
                    using var connection = await _listener.AcceptAsync(_stop.Token);
                    var buffer = new byte[8_192];
                    var count = await connection.ReceiveAsync(buffer, _stop.Token);
                    Requests.Add(string.Join(' ', Encoding.ASCII.GetString(buffer, 0, count).Split("\r\n")[0].Split(' ').Take(2)));
                    if (answer is null)
                    {
                        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
                    }

                    await connection.SendAsync(Encoding.ASCII.GetBytes(answer!), _stop.Token);
                    connection.Shutdown(SocketShutdown.Both);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }
}

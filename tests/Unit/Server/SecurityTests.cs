using System.Net;
using System.Net.Http.Json;
using Quorate.Contracts;
using Quorate.Server;
using Quorate.Server.Security;

namespace Quorate.Tests.Unit.Server;

/// <summary>Who is let in, from where, how often.</summary>
public class SecurityTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Host", "quorate.example")]
    [InlineData("Host", "127.0.0.1.example:7860")]
    [InlineData("Host", "")]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    [InlineData("Forwarded", "for=10.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Real-IP", "10.0.0.1")]
    public async Task AnonymousUse_NotFromThisMachineDirectly_IsRefused(string header, string value)
    {
        await using var bench = await ServerBench.StartAsync();
        var answer = await RawAsync(bench, $"GET /me HTTP/1.1\r\n{(header == "Host" ? "" : "Host: localhost\r\n")}{header}: {value}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:7860")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::1]:7860")]
    public async Task AnonymousUse_UnderALoopbackName_IsLetIn(string host)
    {
        await using var bench = await ServerBench.StartAsync();
        var answer = await RawAsync(bench, $"GET /me HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnonymousUse_Off_LetsNobodyInWithoutAName()
    {
        await using var bench = await ServerBench.StartAsync(ServerBench.Defaults with { Anonymous = AnonymousUse.Off });
        var client = await bench.ClientAsync();
        foreach (var path in new[] { "/me", "/history", "/models", "/domains", "/question_types", "/examples", "/agent_health", "/metrics", "/job_status/x", "/nothing/here" })
        {
            using var response = await client.GetAsync(path, Token);
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, response.StatusCode));
        }

        foreach (var path in new[] { "/health/live", "/health/ready", "/openapi/v1.json" })
        {
            using var response = await client.GetAsync(path, Token);
            Assert.Equal((path, HttpStatusCode.OK), (path, response.StatusCode));
        }
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Fetch-Site", "anything", false)]
    [InlineData("Origin", "http://evil.example", false)]
    [InlineData("Origin", "http://127.0.0.1:1", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Sec-Fetch-Site", "none", true)]
    [InlineData("Origin", "own", true)]
    public async Task UnsafeRequest_WithASession_IsDoneOnlyForPagesOfThisOrigin(string header, string value, bool allowed)
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync("ann");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/process_query") { Content = JsonContent.Create(new { query = "q" }) };
        request.Headers.Add(header, value == "own" ? bench.Address.GetLeftPart(UriPartial.Authority) : value);
        using var response = await client.SendAsync(request, Token);
        Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task FormOfAnotherSite_WithoutSaying_IsNoJson()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync("ann");
        using var response = await client.PostAsync("/process_query", new StringContent("""{"query":"q"}""", null, "text/plain"), Token);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Answers_Each_CarryTheSecurityHeaders()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        foreach (var path in new[] { "/me", "/nothing/here", "/health/live", "/job_status/none" })
        {
            using var response = await client.GetAsync(path, Token);
            Assert.Contains("frame-ancestors 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
            Assert.True(response.Headers.CacheControl!.NoStore);
            Assert.False(response.Headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task Calls_TooMany_AreRefusedForThatUserAlone()
    {
        await using var bench = await ServerBench.StartAsync(ServerBench.Defaults with { RequestsPerMinute = 10 });
        var (ann, ben) = (await bench.ClientAsync("ann"), await bench.ClientAsync("ben"));
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 12; i++)
        {
            using var response = await ann.GetAsync("/me", Token);
            statuses.Add(response.StatusCode);
            Assert.Equal(response.StatusCode == HttpStatusCode.TooManyRequests, response.Headers.RetryAfter is not null);
        }

        using var other = await ben.GetAsync("/me", Token);
        Assert.Equal((HttpStatusCode.TooManyRequests, HttpStatusCode.OK), (statuses[^1], other.StatusCode));
    }

    [Fact]
    public async Task LogIns_TooMany_AreRefusedForThatAddress()
    {
        await using var bench = await ServerBench.StartAsync(ServerBench.Defaults with { SignInsPerMinute = 3 });
        var client = await bench.ClientAsync();
        HttpStatusCode last = default;
        for (var i = 0; i < 4; i++)
        {
            using var response = await client.PostAsJsonAsync("/login", new { username = $"nobody{i}", password = "whatever it is" }, Token);
            last = response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    [Theory]
    [InlineData("http://0.0.0.0:7860", AnonymousUse.Loopback, true)]
    [InlineData("http://0.0.0.0:7860", AnonymousUse.Off, false)]
    [InlineData("http://[::]:7860", AnonymousUse.Loopback, true)]
    [InlineData("http://10.0.0.1:7860", AnonymousUse.Off, false)]
    public void OpenAddress_WithoutUsersOrWithAnonymousUse_IsRefused(string url, AnonymousUse anonymous, bool anyUsers)
    {
        var settings = ServerBench.Defaults with { Urls = [ServerSettings.DefaultUrl, url], Anonymous = anonymous };
        Assert.Equal("address_open", Assert.Throws<QuorateException>(() => ServerAddress.RefuseOpenDoor(settings, anyUsers)).Code);
        ServerAddress.RefuseOpenDoor(settings with { Anonymous = AnonymousUse.Off }, anyUsers: true);
        ServerAddress.RefuseOpenDoor(ServerBench.Defaults, anyUsers: false);
    }

    [Theory]
    [InlineData("https://127.0.0.1:1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("http://example.org:80")]
    [InlineData("http://127.0.0.1:1/path")]
    [InlineData("http://user@127.0.0.1:1")]
    [InlineData("")]
    public void Address_ThatIsNone_IsRefused(string url) => Assert.Equal("url_invalid", Assert.Throws<QuorateException>(() => ServerAddress.Parse(url)).Code);

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("127.9.9.9", true)]
    [InlineData("[::1]", true)]
    [InlineData("localhost.example", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("", false)]
    public void Host_IsLoopback_ByNameOrNumber(string host, bool loopback) => Assert.Equal(loopback, LocalUse.IsLoopbackHost(host));

    private static async Task<string> RawAsync(ServerBench bench, string request)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(bench.Address.Host, bench.Address.Port, Token);
        await client.GetStream().WriteAsync(System.Text.Encoding.Latin1.GetBytes(request), Token);
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync(Token);
    }
}

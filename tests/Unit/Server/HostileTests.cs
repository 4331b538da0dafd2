using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quorate.Tests.Unit.Server;

/// <summary>Requests made to break something, by a seed: each gets a 4xx, none an error in the log.</summary>
public class HostileTests
{
    private const int Requests = 1_000;
    private const int Seed = 20_260_101;

    private static readonly string[] Words =
    [
        "'; DROP TABLE users; --", "' OR '1'='1", "1) UNION SELECT password_hash FROM users --", "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "%ff%fe", "%c0%ae%c0%ae/",
        "\u202egpj.exe", "<script>alert(1)</script>", "${jndi:ldap://x}", "{{7*7}}", "%25%32%65", "con:", "a%0d%0aSet-Cookie:%20x=1", "job-0000000000000000", new('a', 3_000),
    ];

    private static readonly string[] Bodies =
    [
        "", "null", "[]", "5", "\"text\"", "{", "{\"query\"", "{\"query\":}", "{'query':'q'}", "{\"query\":\"q\"}}", "{\"query\":\"q\",}", "{\"query\":\"a\",\"query\":\"b\"}", "{\"query\":null}",
        "{\"query\":[\"q\"]}", "{\"query\":{\"a\":1}}", "{\"query\":1e999}", "{\"query\":true}", "{\"query\":\"\\ud800\"}", "{\"\\udfff\":1}", "{\"query\":\"q\",\"models\":[[[[]]]]}",
        "{\"query\":\"q\",\"models\":[\"'; DROP TABLE interactions; --\"]}", "{\"query\":\"q\",\"roles\":{\"ada\":{\"ada\":1}}}", "{\"query\":\"q\",\"seed\":99999999999999999999}",
        "{\"query\":\"q\",\"domain\":\"../../etc\"}", "{\"query\":\"q\",\"__proto__\":{}}", "{\"query\":\"q\",\"peer_review\":1}", "<xml/>", "query=q", "NaN", "{\"query\":NaN}",
        "{\"query\":\"\\u0000\"}", new('[', 5_000), "{\"query\":\"" + new string('q', 20_001) + "\"}", "{\"query\":\"" + new string('q', 300_000) + "\"}", "{\"a\":" + new string('{', 100),
    ];

    private static readonly string[] Paths = ["/process_query", "/update_aggregator", "/login", "/signup", "/api_keys"];

    private static readonly string?[] Types = ["application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "a/b/c;;=", null];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_Hostile_GetA4xxAndLeaveNoErrorInTheLog()
    {
        await using var bench = await ServerBench.StartAsync();
        using var client = await bench.ClientAsync();
        var random = new Random(Seed);
        var wrong = new List<string>();
        for (var i = 0; i < Requests; i++)
        {
            using var request = Make(random);
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(Token);
            var shown = $"{i}: {request.Method} {request.RequestUri} {request.Content?.Headers.ContentType} {body[..Math.Min(60, body.Length)]} ({body.Length})";
            try
            {
                using var response = await client.SendAsync(request, Token);
                if ((int)response.StatusCode is < 400 or > 499)
                {
                    wrong.Add($"{shown} -> {(int)response.StatusCode}");
                }
            }
            catch (HttpRequestException e)
            {
                wrong.Add($"{shown} -> {e.Message} {e.InnerException?.Message}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Empty(bench.Log.Errors);
        Assert.Empty(bench.Engine.Requests);
        await ServerBench.WaitAsync(client, await ServerBench.AskAsync(client, new { query = "Still there?" }), "done");
    }

    [Fact]
    public async Task Bytes_ThatAreNoHttp_LeaveNoErrorInTheLog()
    {
        await using var bench = await ServerBench.StartAsync();
        var random = new Random(Seed);
        for (var i = 0; i < 50; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(bench.Address.Host, bench.Address.Port, Token);
            var bytes = new byte[random.Next(1, 400)];
            random.NextBytes(bytes);
            var begin = i % 3 == 0 ? "POST /process_query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{" : i % 3 == 1 ? "GET / HTTP/1.1\r\n" : "";
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(begin), Token);
            await client.GetStream().WriteAsync(bytes, Token);
            // Closed with a reset, in the middle.
            client.Client.LingerState = new LingerOption(true, 0);
        }

        using var after = await bench.ClientAsync();
        await ServerBench.WaitAsync(after, await ServerBench.AskAsync(after, new { query = "Still there?" }), "done");
        Assert.Empty(bench.Log.Errors);
    }

    [Fact]
    public async Task Body_TooLarge_IsRefusedAtTheLimit()
    {
        await using var bench = await ServerBench.StartAsync(ServerBench.Defaults with { MaxBodyBytes = 64 * 1024 });
        using var client = await bench.ClientAsync();
        using var told = await client.PostAsync("/process_query", new StringContent("{\"query\":\"" + new string('q', 100_000) + "\"}", null, "application/json"), Token);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "application/problem+json"), (told.StatusCode, told.Content.Headers.ContentType?.MediaType));
        Assert.Empty(bench.Log.Errors);
    }

    private static HttpRequestMessage Make(Random random)
    {
        if (random.Next(3) == 0)
        {
            return new HttpRequestMessage(Pick(random, HttpMethod.Get, HttpMethod.Delete, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Trace), Path(random));
        }

        var type = Pick(random, Types);
        var bytes = Body(random);
        var request = new HttpRequestMessage(HttpMethod.Post, Pick(random, Paths)) { Content = new ByteArrayContent(bytes) };
        if (type is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        if (random.Next(10) == 0)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", "gzip");
        }

        return request;
    }

    private static string Path(Random random)
    {
        var word = Pick(random, Words);
        return Pick(random, $"/job_status/{word}", $"/job_result/{word}", $"/image/{word}/heatmap", $"/image/x/{word}", $"/history/{word}", $"/history?limit={word}", $"/reset_agent/{word}", $"/cancel/{word}", $"/api_keys/{word}", $"/{word}", $"/openapi/{word}.json");
    }

    private static byte[] Body(Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(Pick(random, Bodies));
        switch (random.Next(4))
        {
            case 0 when bytes.Length > 0:
                // Bytes that are no UTF-8 anywhere.
                bytes[random.Next(bytes.Length)] = (byte)random.Next(0xF8, 0x100);
                return bytes;
            case 1:
                return Encoding.Unicode.GetBytes(Pick(random, Bodies) + " ");
            default:
                return bytes;
        }
    }

    private static T Pick<T>(Random random, params T[] from) => from[random.Next(from.Length)];
}

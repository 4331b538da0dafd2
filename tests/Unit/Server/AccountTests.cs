using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Quorate.Engine.Ports;
using Quorate.Server;

namespace Quorate.Tests.Unit.Server;

/// <summary>Users, sessions and keys.</summary>
public class AccountTests
{
    private static readonly ServerSettings Closed = ServerBench.Defaults with { Anonymous = AnonymousUse.Off };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SignUp_ThenLogOutAndIn_IsTheSameUser()
    {
        await using var bench = await ServerBench.StartAsync(Closed);
        using var client = Browser(bench);
        using var made = await client.PostAsJsonAsync("/signup", new { username = "zoe", password = "correct horse" }, Token);
        Assert.Equal((HttpStatusCode.OK, "operator"), (made.StatusCode, (await ServerBench.ReadAsync(made)).GetProperty("role").GetString()));
        var cookie = Assert.Single(made.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("zoe", (await ServerBench.GetAsync(client, "/me")).GetProperty("username").GetString());
        var job = await ServerBench.AskAsync(client, new { query = "Mine?" });
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client.PostAsync("/logout", null, Token)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client.GetAsync("/me", Token)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client.PostAsJsonAsync("/login", new { username = "ZOE", password = "correct horse" }, Token)));
        await ServerBench.WaitAsync(client, job, "done");
    }

    [Fact]
    public async Task Session_LoggedOut_IsOverForEveryCopyOfItsCookie()
    {
        await using var bench = await ServerBench.StartAsync(Closed);
        using var client = Browser(bench);
        using var made = await client.PostAsJsonAsync("/signup", new { username = "zoe", password = "correct horse" }, Token);
        var cookie = made.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using var thief = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = bench.Address };
        thief.DefaultRequestHeaders.Add("Cookie", cookie);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(thief.GetAsync("/me", Token)));
        await client.PostAsync("/logout", null, Token);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(thief.GetAsync("/me", Token)));
    }

    [Fact]
    public async Task Session_OfAShortLife_EndsByItself()
    {
        await using var bench = await ServerBench.StartAsync(Closed with { SessionLifetime = TimeSpan.FromMilliseconds(400) });
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = bench.Address };
        using var made = await client.PostAsJsonAsync("/signup", new { username = "zoe", password = "correct horse" }, Token);
        client.DefaultRequestHeaders.Add("Cookie", made.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        await ServerBench.UntilAsync(async () => await StatusAsync(client.GetAsync("/me", Token)) == HttpStatusCode.Unauthorized, () => "the session holds on");
    }

    [Fact]
    public async Task LogIn_FiveTimesWrong_LocksEvenTheRightPassword()
    {
        await using var bench = await ServerBench.StartAsync(Closed);
        await bench.ClientAsync("ann");
        using var client = Browser(bench);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client.PostAsJsonAsync("/login", new { username = "ann", password = $"guess {i}" }, Token)));
        }

        using var right = await client.PostAsJsonAsync("/login", new { username = "ann", password = ServerBench.Password("ann") }, Token);
        using var unknown = await client.PostAsJsonAsync("/login", new { username = "nobody", password = "whatever it is" }, Token);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (right.StatusCode, unknown.StatusCode));
        Assert.Equal(await unknown.Content.ReadAsStringAsync(Token), await right.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData("zoe", "short")]
    [InlineData("zoezoezoe", "ZOEZOEZOE")]
    [InlineData("", "long enough")]
    [InlineData("a b", "long enough")]
    [InlineData("../etc/passwd", "long enough")]
    [InlineData("' OR 1=1 --", "long enough")]
    public async Task SignUp_NameOrPasswordWrong_IsRefusedAndThePasswordNotRepeated(string name, string password)
    {
        await using var bench = await ServerBench.StartAsync();
        using var response = await Browser(bench).PostAsJsonAsync("/signup", new { username = name, password }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.DoesNotContain($"'{password}'", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(await bench.Store.Accounts.ListAsync(Token));
    }

    [Fact]
    public async Task SignUp_NameTaken_IsAConflict()
    {
        await using var bench = await ServerBench.StartAsync();
        await bench.ClientAsync("ann");
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(Browser(bench).PostAsJsonAsync("/signup", new { username = "Ann", password = "long enough" }, Token)));
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(Browser(bench).PostAsJsonAsync("/signup", new { username = "anonymous", password = "long enough" }, Token)));
    }

    [Fact]
    public async Task SignUp_SwitchedOff_IsRefused()
    {
        await using var bench = await ServerBench.StartAsync(Closed with { SignUp = SignUp.Off });
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(Browser(bench).PostAsJsonAsync("/signup", new { username = "zoe", password = "long enough" }, Token)));
    }

    [Fact]
    public async Task ApiKey_FromMakingToRemoval_ActsForItsUser()
    {
        await using var bench = await ServerBench.StartAsync(Closed);
        var ann = await bench.ClientAsync("ann");
        using var made = await ann.PostAsJsonAsync("/api_keys", new { label = "script" }, Token);
        var key = await ServerBench.ReadAsync(made);
        var secret = key.GetProperty("api_key").GetString()!;
        var script = WithKey(bench, secret);
        Assert.Equal("ann", (await ServerBench.GetAsync(script, "/me")).GetProperty("username").GetString());
        var listed = await ServerBench.GetAsync(ann, "/api_keys");
        Assert.Equal("script", listed[0].GetProperty("label").GetString());
        Assert.DoesNotContain(secret, listed.GetRawText(), StringComparison.Ordinal);
        await bench.Fixture.CloseAsync();
        Assert.DoesNotContain(secret, System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(bench.Fixture.File, Token)), StringComparison.Ordinal);
        var ben = await bench.ClientAsync("ben");
        var path = $"/api_keys/{key.GetProperty("id").GetString()}";
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(ben.DeleteAsync(path, Token)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(ann.DeleteAsync(path, Token)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(script.GetAsync("/me", Token)));
    }

    [Theory]
    [InlineData("Bearer qk_wrong")]
    [InlineData("Bearer")]
    [InlineData("Basic YTpi")]
    public async Task Authorization_Wrong_IsRefusedEvenWhereAnonymousUseIsAllowed(string header)
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client.GetAsync("/me", Token)));
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
        using var refused = await client.GetAsync("/me", Token);
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (refused.StatusCode, refused.Headers.WwwAuthenticate.Single().Scheme));
    }

    [Fact]
    public async Task SessionSecret_AsBearer_IsRefused()
    {
        await using var bench = await ServerBench.StartAsync(Closed);
        using var client = Browser(bench);
        using var made = await client.PostAsJsonAsync("/signup", new { username = "zoe", password = "correct horse" }, Token);
        var secret = made.Headers.GetValues("Set-Cookie").Single().Split(';')[0].Split('=', 2)[1];
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(WithKey(bench, secret).GetAsync("/me", Token)));
    }

    [Fact]
    public async Task Viewer_MayReadTheirHistory_AndNothingElse()
    {
        await using var bench = await ServerBench.StartAsync(Closed);
        var vera = await bench.ClientAsync("vera", UserRole.Viewer);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vera.GetAsync("/history", Token)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(vera.PostAsJsonAsync("/process_query", new { query = "q" }, Token)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(vera.PostAsync("/reset_agent/ada", null, Token)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(vera.PostAsJsonAsync("/update_aggregator", new { aggregator_id = "bob" }, Token)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync((await bench.ClientAsync("olga", UserRole.Admin)).PostAsync("/reset_agent/ada", null, Token)));
        Assert.Equal(["ada"], bench.Health.Resets);
    }

    [Fact]
    public async Task AnonymousUser_HasNoKeys()
    {
        await using var bench = await ServerBench.StartAsync();
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync((await bench.ClientAsync()).PostAsJsonAsync("/api_keys", new { }, Token)));
    }

    private static HttpClient Browser(ServerBench bench) => new(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = bench.Address };

    private static HttpClient WithKey(ServerBench bench, string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = bench.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static async Task<HttpStatusCode> StatusAsync(Task<HttpResponseMessage> sent)
    {
        using var response = await sent;
        return response.StatusCode;
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml.Linq;
using Quorate.Contracts.Asking;

namespace Quorate.Tests.Unit.Server;

/// <summary>Asking, and what comes back.</summary>
public class QuestionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(501, 'x')]
    [InlineData(1, '\r')]
    [InlineData(3, ' ')]
    public async Task Ask_ChoiceThatNoMemberCouldBeShown_IsRefusedAtOnce(int length, char of)
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        using var response = await client.PostAsJsonAsync("/process_query", new { query = "Which?", question_type = "Multiple Choice", choices = new[] { "this", new string(of, length) } }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("1 to 500", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_EverythingGiven_ReachesTheEngineAsMeant()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        var job = await ServerBench.AskAsync(client, new
        {
            query = "Which?",
            domain = "Education",
            question_type = "Multiple Choice",
            choices = new[] { "this", "that" },
            models = new[] { "ada", "cleo" },
            roles = new { ada = "Utilitarian", cleo = "None" },
            aggregator_id = "cleo",
            peer_review = true,
            second_round = true,
            weight_by_confidence = true,
            seed = 7,
        });
        await ServerBench.WaitAsync(client, job, "done");
        var request = Assert.Single(bench.Engine.Requests);
        Assert.Equal(("Which?", "Education", QuestionType.MultipleChoice, "cleo", 7), (request.Query, request.Domain, request.QuestionType, request.Aggregator, request.Seed));
        Assert.Equal((true, true, true), (request.PeerReview, request.SecondRound, request.WeightByConfidence));
        Assert.Equal(["this", "that"], request.Choices);
        Assert.Equal(["ada", "cleo"], request.Models);
        Assert.Equal(new Dictionary<string, string> { ["ada"] = "Utilitarian" }, request.Roles);
    }

    [Fact]
    public async Task Ask_NamesAsInTheOriginal_AreUnderstood()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        using var response = await client.PostAsJsonAsync(
            "/process_query",
            new { query = "Why?", api_key = "", question_type = "None", domain = "None", aggregator_id = "", username = "someone", ethical_views = new[] { "Utilitarian", "Libertarian" } },
            Token);
        var accepted = await ServerBench.ReadAsync(response);
        Assert.Equal((HttpStatusCode.OK, "processing"), (response.StatusCode, accepted.GetProperty("status").GetString()));
        await ServerBench.WaitAsync(client, accepted.GetProperty("job_id").GetString()!, "done");
        var request = Assert.Single(bench.Engine.Requests);
        Assert.Equal(("Custom", QuestionType.None), (request.Domain, request.QuestionType));
        // The aggregator comes last, so that the views given go to the others first.
        Assert.Equal(("Utilitarian", "Libertarian"), (request.Roles["bob"], request.Roles["cleo"]));
        Assert.Contains(request.Roles["ada"], new[] { "Utilitarian", "Libertarian" });
    }

    [Fact]
    public async Task Result_Done_HasTheContractsFieldsAndTheOriginals()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        var job = await ServerBench.AskAsync(client, new { query = "What?", roles = new { bob = "Libertarian" } });
        var status = await ServerBench.WaitAsync(client, job, "done");
        Assert.Equal(("completed", 100), (status.GetProperty("status").GetString(), status.GetProperty("progress").GetInt32()));

        var result = await ServerBench.GetAsync(client, $"/job_result/{job}");
        Assert.Equal((job, "all on What?", 66.6), (result.GetProperty("job_id").GetString(), result.GetProperty("consensus").GetProperty("text").GetString(), result.GetProperty("consensus").GetProperty("score").GetDouble()));
        Assert.Equal(["ada", "bob", "cleo"], result.GetProperty("responses").EnumerateArray().Select(r => r.GetProperty("model").GetString()));
        var bob = result.GetProperty("responses")[1];
        Assert.Equal(("bob on What?", "Libertarian", 7, 0.25m), (bob.GetProperty("text").GetString(), bob.GetProperty("role").GetString(), bob.GetProperty("tokens").GetInt32(), bob.GetProperty("cost").GetDecimal()));
        Assert.Equal("cleo", result.GetProperty("dissent")[0].GetProperty("model").GetString());
        Assert.Equal(["similarity", "polarity", "emotions", "radar"], result.GetProperty("analysis").EnumerateObject().Select(p => p.Name));
        Assert.Equal("abc", result.GetProperty("certificate").GetProperty("outcome_hash").GetString());
        Assert.Equal(("What?", "Custom", "None", "ada", 67), (Text("query"), Text("domain"), Text("question_type"), Text("aggregator_id"), result.GetProperty("consensus_score").GetInt32()));
        Assert.Equal("bob on What?", result.GetProperty("agent_responses").GetProperty("bob").GetString());
        Assert.Equal("ada: Aggregator; bob: Libertarian", Text("roles"));

        string? Text(string name) => result.GetProperty(name).GetString();
    }

    [Theory]
    [InlineData("heatmap")]
    [InlineData("emotion_chart")]
    [InlineData("polarity_chart")]
    [InlineData("radar_chart")]
    public async Task Image_EachKind_IsSvgThatMayDoNothing(string kind)
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        var job = await ServerBench.AskAsync(client, new { query = "What?" });
        await ServerBench.WaitAsync(client, job, "done");
        using var response = await client.GetAsync($"/image/{job}/{kind}", Token);
        Assert.Equal(("image/svg+xml", HttpStatusCode.OK), (response.Content.Headers.ContentType!.MediaType, response.StatusCode));
        Assert.Equal($"{kind} ada bob", XDocument.Parse(await response.Content.ReadAsStringAsync(Token)).Root!.Value);
        Assert.Contains("sandbox", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.True(response.Headers.CacheControl!.Private);

        using var again = new HttpRequestMessage(HttpMethod.Get, $"/image/{job}/{kind}");
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var unchanged = await client.SendAsync(again, Token);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Image_UnknownKindOrUnfinishedJob_IsRefused()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        bench.Engine.Hold("bob");
        var job = await ServerBench.AskAsync(client, new { query = "What?" });
        using var early = await client.GetAsync($"/image/{job}/heatmap", Token);
        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        var status = await ServerBench.GetAsync(client, $"/job_result/{job}");
        Assert.Equal("processing", status.GetProperty("status").GetString());
        bench.Engine.LetGo("bob");
        await ServerBench.WaitAsync(client, job, "done");
        using var unknown = await client.GetAsync($"/image/{job}/pie", Token);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Contains("radar_chart", (await ServerBench.ReadAsync(unknown)).GetProperty("allowed").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"query":""}""", "query")]
    [InlineData("""{"query":"  \n "}""", "query")]
    [InlineData("{}", "query")]
    [InlineData("""{"query":5}""", "query")]
    [InlineData("""{"query":"a\u0000b"}""", "query")]
    [InlineData("""{"query":"half \ud800 pair"}""", "query")]
    [InlineData("""{"query":"q","domain":"Cooking"}""", "domain")]
    [InlineData("""{"query":"q","question_type":"Essay"}""", "question_type")]
    [InlineData("""{"query":"q","models":["ada","nobody"]}""", "models")]
    [InlineData("""{"query":"q","models":["ada","ada"]}""", "models")]
    [InlineData("""{"query":"q","models":"ada"}""", "models")]
    [InlineData("""{"query":"q","roles":{"ada":"Pirate"}}""", "roles.ada")]
    [InlineData("""{"query":"q","roles":{"nobody":"Utilitarian"}}""", "roles")]
    [InlineData("""{"query":"q","roles":["ada"]}""", "roles")]
    [InlineData("""{"query":"q","ethical_views":["Pirate"]}""", "ethical_views")]
    [InlineData("""{"query":"q","ethical_views":["Utilitarian"],"roles":{"ada":"Libertarian"}}""", "roles")]
    [InlineData("""{"query":"q","aggregator_id":"nobody"}""", "aggregator_id")]
    [InlineData("""{"query":"q","choices":["one"],"question_type":"Multiple Choice"}""", "choices")]
    [InlineData("""{"query":"q","choices":["one","two"]}""", "choices")]
    [InlineData("""{"query":"q","seed":-1}""", "seed")]
    [InlineData("""{"query":"q","seed":1.5}""", "seed")]
    [InlineData("""{"query":"q","peer_review":"yes"}""", "peer_review")]
    [InlineData("""{"query":"q","peer_reveiw":true}""", "peer_reveiw")]
    public async Task Ask_FieldWrong_IsNamedWithWhatIsAllowed(string body, string field)
    {
        await using var bench = await ServerBench.StartAsync();
        using var response = await (await bench.ClientAsync()).PostAsync("/process_query", new StringContent(body, null, "application/json"), Token);
        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        var problem = await ServerBench.ReadAsync(response);
        Assert.Equal(field, problem.GetProperty("field").GetString());
        Assert.NotEqual("", problem.GetProperty("allowed").GetString());
        Assert.Empty(bench.Engine.Requests);
    }

    [Fact]
    public async Task Ask_SeveralFieldsWrong_AllAreNamedAndValuesAreCut()
    {
        await using var bench = await ServerBench.StartAsync();
        using var response = await (await bench.ClientAsync()).PostAsJsonAsync("/process_query", new { query = new string('x', 20_001), domain = "Cooking", seed = "none" }, Token);
        var errors = (await ServerBench.ReadAsync(response)).GetProperty("errors").EnumerateArray().ToList();
        Assert.Equal(["query", "domain", "seed"], errors.Select(e => e.GetProperty("field").GetString()));
        Assert.True(errors[0].GetProperty("value").GetString()!.Length <= 61);
    }

    [Fact]
    public async Task Ask_KeyOfAModel_IsRefusedAndNeverRepeated()
    {
        await using var bench = await ServerBench.StartAsync();
        using var response = await (await bench.ClientAsync()).PostAsJsonAsync("/process_query", new { query = "q", api_key = "sk-very-secret" }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.Contains("OPENROUTER_API_KEY", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-very-secret", text + bench.Log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_LongestQuestionAndTextOfAnyScript_StaysAsItIs()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        var query = "'; DROP TABLE interactions; -- größe 数 😀 \u200d" + new string('\u4e00', 19_950);
        var job = await ServerBench.AskAsync(client, new { query });
        await ServerBench.WaitAsync(client, job, "done");
        Assert.Equal(query, (await ServerBench.GetAsync(client, $"/job_result/{job}")).GetProperty("query").GetString());
    }

    [Fact]
    public async Task UpdateAggregator_OfOneUser_HoldsForTheirQuestionsAlone()
    {
        await using var bench = await ServerBench.StartAsync();
        var (ann, ben) = (await bench.ClientAsync("ann"), await bench.ClientAsync("ben"));
        using var response = await ann.PostAsJsonAsync("/update_aggregator", new { aggregator_id = "cleo" }, Token);
        var chosen = await ServerBench.ReadAsync(response);
        Assert.Equal((true, "cleo"), (chosen.GetProperty("success").GetBoolean(), chosen.GetProperty("aggregator_id").GetString()));
        await ServerBench.WaitAsync(ann, await ServerBench.AskAsync(ann, new { query = "of ann" }), "done");
        await ServerBench.WaitAsync(ben, await ServerBench.AskAsync(ben, new { query = "of ben" }), "done");
        Assert.Equal("cleo", bench.Engine.Requests.Single(r => r.Query == "of ann").Aggregator);
        Assert.Null(bench.Engine.Requests.Single(r => r.Query == "of ben").Aggregator);
        using var wrong = await ann.PostAsJsonAsync("/update_aggregator", new { aggregator_id = "nobody" }, Token);
        using var none = await ann.PostAsJsonAsync("/update_aggregator", new { }, Token);
        using var embedded = await ann.PostAsJsonAsync("/update_aggregator", new { aggregator_id = "doc" }, Token);
        Assert.All(new[] { wrong, none, embedded }, r => Assert.Equal(HttpStatusCode.BadRequest, r.StatusCode));
    }

    [Fact]
    public async Task Catalogue_Each_HasTheOriginalsShape()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        var ada = (await ServerBench.GetAsync(client, "/models")).GetProperty("ada");
        Assert.Equal(("maker/ada-7b-instruct:free", true, "Ada 7b (Aggregator)"), (ada.GetProperty("name").GetString(), ada.GetProperty("aggregator").GetBoolean(), ada.GetProperty("display_name").GetString()));
        Assert.StartsWith("#", ada.GetProperty("color").GetString(), StringComparison.Ordinal);
        Assert.Equal("As an education policy expert, ", (await ServerBench.GetAsync(client, "/domains")).GetProperty("domains").GetProperty("Education").GetString());
        Assert.Equal(["Open-ended", "Yes/No", "Multiple Choice", "None"], (await ServerBench.GetAsync(client, "/question_types")).GetProperty("question_types").EnumerateArray().Select(t => t.GetString()));
        Assert.Equal(["Schools", "Yes/No"], (await ServerBench.GetAsync(client, "/examples")).GetProperty("examples").GetProperty("Education")[0].EnumerateArray().Select(t => t.GetString()!.Replace("Should schools open?", "Schools", StringComparison.Ordinal)));
        Assert.Equal(2, (await ServerBench.GetAsync(client, "/ethical_views")).GetProperty("ethical_views").GetArrayLength());
    }

    [Fact]
    public async Task AgentHealth_AndReset_NameTheMembers()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        var health = await ServerBench.GetAsync(client, "/agent_health");
        Assert.Equal(("failed", 3, 2), (health.GetProperty("bob").GetProperty("status").GetString(), health.GetProperty("bob").GetProperty("failures").GetInt32(), health.GetProperty("bob").GetProperty("retries").GetInt32()));
        Assert.True(health.GetProperty("ada").GetProperty("seconds_since_heartbeat").GetDouble() > 1e9);
        using var reset = await client.PostAsync("/reset_agent/bob", null, Token);
        using var unknown = await client.PostAsync("/reset_agent/nobody", null, Token);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (reset.StatusCode, unknown.StatusCode));
        Assert.Equal("bob", bench.Health.Resets.First());
    }

    [Fact]
    public async Task OpenApi_Document_NamesEveryEndpoint()
    {
        await using var bench = await ServerBench.StartAsync();
        var document = await ServerBench.GetAsync(await bench.ClientAsync(), "/openapi/v1.json");
        var paths = document.GetProperty("paths").EnumerateObject().Select(p => p.Name).ToHashSet();
        Assert.Superset(
            new HashSet<string>
            {
                "/process_query", "/job_status/{job_id}", "/job_result/{job_id}", "/image/{job_id}/{image_type}", "/models", "/domains", "/question_types", "/examples",
                "/history", "/history/{job_id}", "/update_aggregator", "/agent_health", "/reset_agent/{id}", "/signup", "/login", "/logout", "/me", "/api_keys", "/cancel/{job_id}",
            },
            paths);
        Assert.Contains("ethical_views", document.GetProperty("components").GetRawText(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Object, document.GetProperty("paths").GetProperty("/process_query").GetProperty("post").GetProperty("requestBody").ValueKind);
    }
}

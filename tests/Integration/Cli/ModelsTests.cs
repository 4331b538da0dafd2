using Quorate.Tests.Integration.Models;

namespace Quorate.Tests.Integration.Cli;

/// <summary>Configured models on the command line.</summary>
public sealed class ModelsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Check_OneMemberAnswersAndOneLacksItsKey_SaysWhichVariable()
    {
        await using var server = await ScriptedModelServer.StartAsync(Cancelled);
        using var cli = new QuorateCli();
        var file = await WriteAsync(cli, $$$"""{"models":{"zeta":{"endpoint":"{{{server.Endpoint}}}","model":"test-model"},"alpha":{"preset":"openai","model":"m","api_key_env":"QUORATE_TEST_NO_KEY"} } }""");
        var (code, document) = await cli.JsonAsync(Cancelled, "models", "--check", "--config", file);
        Assert.Equal(0, code);
        var member = Assert.Single(document.GetProperty("members").EnumerateArray());
        Assert.Equal(("zeta", "healthy"), (member.GetProperty("agent").GetString(), member.GetProperty("status").GetString()));
        Assert.Equal("QUORATE_TEST_NO_KEY", document.GetProperty("skipped")[0].GetProperty("variable").GetString());
    }

    [Fact]
    public async Task Check_NobodyAnswers_ExitThree()
    {
        using var cli = new QuorateCli();
        var file = await WriteAsync(cli, """{"models":{"a":{"endpoint":"http://127.0.0.1:9/v1","model":"m"}}}""");
        var (code, document) = await cli.JsonAsync(Cancelled, "models", "--check", "--config", file);
        Assert.Equal(3, code);
        Assert.Contains("unreachable", document.GetProperty("members")[0].GetProperty("last_error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_KeysFromEnvFileAndSettingsFromTheEnvironment_KeepTheFilesOrder()
    {
        using var cli = new QuorateCli();
        cli.Environment["QUORATE_MODELS__zeta__TEMPERATURE"] = "1.5";
        await File.WriteAllTextAsync(Path.Combine(cli.Home, ".env"), "QUORATE_TEST_DOTENV_KEY=sk-never-shown\n", Cancelled);
        var file = await WriteAsync(cli, """{"models":{"zeta":{"preset":"openai","model":"m","api_key_env":"QUORATE_TEST_DOTENV_KEY"},"alpha":{"preset":"vllm","model":"m"}}}""");
        var (code, document) = await cli.JsonAsync(Cancelled, "models", "--config", file);
        Assert.Equal(0, code);
        var members = document.GetProperty("panel").GetProperty("members");
        Assert.Equal(["zeta", "alpha"], members.EnumerateArray().Select(m => m.GetProperty("name").GetString()));
        Assert.Equal((1.5, true, true), (members[0].GetProperty("temperature").GetDouble(), members[0].GetProperty("aggregator").GetBoolean(), members[0].GetProperty("key_set").GetBoolean()));
        Assert.DoesNotContain("sk-never-shown", document.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_OpenRouterKeyAlone_IsTheDefaultFour()
    {
        using var cli = new QuorateCli();
        cli.Environment["OPENROUTER_API_KEY"] = "sk-or-test";
        var (_, document) = await cli.JsonAsync(Cancelled, "models", "--config", await WriteAsync(cli, "{}"));
        var members = document.GetProperty("panel").GetProperty("members").EnumerateArray().ToList();
        Assert.Equal(["qwen", "llama3", "mistral", "deephermes"], members.Select(m => m.GetProperty("name").GetString()));
        Assert.Equal(["llama3"], members.Where(m => m.GetProperty("aggregator").GetBoolean()).Select(m => m.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task List_WrongConfiguration_TellsEveryProblemAtOnceButNoKey()
    {
        using var cli = new QuorateCli();
        var file = await WriteAsync(cli, """
            {"models":{"a b":{"preset":"nosuch","model":"m","temperature":3,"aggregator":true},"quorate":{"endpoint":"ftp://x","price":{"output":-1},"aggregator":true,"api_key_env":"sk-live-secret"}},
             "ask":{"stall_s":0,"concurrency":0,"cache":"yes","cassette":{"mode":"play"},"embeddings":{"model":"m"},"budget_usd":-1,"documents":["/no/such/folder"],"quorum":0,"grace_s":-1,"timeout_s":0}}
            """);
        var (code, document) = await cli.JsonAsync(Cancelled, "models", "--config", file);
        Assert.Equal(2, code);
        var message = document.GetProperty("error").GetProperty("message").GetString()!;
        string[] told =
        [
            "models.a b is no name", "models.a b.preset is 'nosuch'", "models.a b.temperature is 3", "a b and quorate have aggregator", "models.quorate is no name", "models.quorate.endpoint",
            "models.quorate.model is missing", "models.quorate.price.output is -1", "models.quorate.api_key_env", "ask.stall_s is 0", "ask.concurrency is 0", "ask.cache is 'yes'",
            "ask.cassette.mode is 'play'", "ask.embeddings has neither", "ask.budget_usd is -1", "/no/such/folder", "ask.quorum is 0", "ask.grace_s is -1", "ask.timeout_s is 0",
        ];
        Assert.All(told, t => Assert.Contains(t, message, StringComparison.Ordinal));
        Assert.DoesNotContain("sk-live-secret", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"models":{"a":"x"}}""", "an object")]
    [InlineData("""{"models":{"a":{"aggregator":"maybe"}}}""", "true or false")]
    [InlineData("""{"models":{"a":{"tempreature":1}}}""", "models.a.tempreature is unknown")]
    [InlineData("""{"ask":{"cassette":"x"}}""", "an object")]
    public async Task List_WrongForm_NamesTheKey(string config, string told)
    {
        using var cli = new QuorateCli();
        var (code, document) = await cli.JsonAsync(Cancelled, "models", "--config", await WriteAsync(cli, config));
        Assert.Equal(2, code);
        Assert.Contains(told, document.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static async Task<string> WriteAsync(QuorateCli cli, string config)
    {
        var file = Path.Combine(cli.Home, "models.json");
        await File.WriteAllTextAsync(file, config, Cancelled);
        return file;
    }
}

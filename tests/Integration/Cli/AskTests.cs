using System.Text.Json;
using System.Xml.Linq;
using Quorate.Tests.Integration.Ask;

namespace Quorate.Tests.Integration.Cli;

/// <summary>The whole command: without any key over the shipped documents, and with a server that plays five models.</summary>
public class AskTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ask_NoKey_QuotesTheDocumentsWithScorePicturesAndProof()
    {
        using var cli = new QuorateCli();
        var (plots, proof) = (Path.Combine(cli.Home, "plots"), Path.Combine(cli.Home, "proof"));
        var (code, result) = await cli.JsonAsync(Token, "ask", "What does a quorum certificate prove?", "--plots", plots, "--certificate", proof);
        Assert.Equal(0, code);
        Assert.Matches(@"\[[\w/.-]+\.md[#:][\w-]+\]", result.GetProperty("consensus").GetProperty("text").GetString());
        Assert.InRange(result.GetProperty("consensus").GetProperty("score").GetDouble(), 1, 100);
        Assert.Equal(JsonValueKind.Array, result.GetProperty("dissent").ValueKind);
        // Also what is not there has its field.
        Assert.Equal(JsonValueKind.Null, result.GetProperty("consensus").GetProperty("aggregator").ValueKind);
        Assert.All(result.GetProperty("responses").EnumerateArray(), r => Assert.Equal(JsonValueKind.Null, r.GetProperty("role").ValueKind));
        Assert.Equal(["emotion_chart.svg", "heatmap.svg", "polarity_chart.svg", "radar_chart.svg"], Directory.GetFiles(plots).Select(f => Path.GetFileName(f)).Order());
        Assert.All(Directory.GetFiles(plots), f => Assert.Equal("svg", XDocument.Load(f).Root!.Name.LocalName));

        var certificate = Assert.Single(Directory.GetFiles(proof, "*.cert"));
        var verified = await cli.RunAsync(Token, "certificate", "verify", certificate, "--keys", Path.ChangeExtension(certificate, ".keys"));
        Assert.Equal((0, true), (verified.Code, verified.Stdout.Contains("decided", StringComparison.Ordinal)));
        var bytes = await File.ReadAllTextAsync(certificate, Token);
        await File.WriteAllTextAsync(certificate, bytes.Replace(bytes[200], bytes[200] == 'A' ? 'B' : 'A'), Token);
        Assert.Equal(1, (await cli.RunAsync(Token, "certificate", "verify", certificate, "--keys", Path.ChangeExtension(certificate, ".keys"))).Code);
    }

    [Fact]
    public async Task Ask_NotInTheDocuments_SaysSo()
    {
        using var cli = new QuorateCli();
        var (code, result) = await cli.JsonAsync(Token, "ask", "What is the capital of Mongolia?");
        Assert.Equal((1, "not found in documents"), (code, result.GetProperty("consensus").GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData("open", "summary")]
    [InlineData("none", "summary")]
    [InlineData("yes-no", "vote")]
    [InlineData("multiple-choice", "vote")]
    public async Task Ask_FiveModels_AnswersEveryKindOfQuestion(string type, string method)
    {
        await using var server = await PanelServer.StartAsync(Token);
        using var cli = new QuorateCli();
        var config = await WriteConfigAsync(cli, server.Endpoint);
        var (code, result) = await cli.JsonAsync(Token, "ask", "Is the bridge safe?\nA) It is\nB) It is not", "--type", type, "--config", config, "--domain", "policy", "--role", "m2=Rawlsian", "--seed", "7");
        Assert.Equal((0, method), (code, result.GetProperty("consensus").GetProperty("method").GetString()));
        Assert.Equal(5, result.GetProperty("responses").GetArrayLength());
        Assert.Equal("Rawlsian", result.GetProperty("responses")[1].GetProperty("role").GetString());
        Assert.All(server.Calls, call => Assert.Contains("<question>", call.Prompt, StringComparison.Ordinal));
        Assert.True(result.GetProperty("certificate").GetProperty("signers").GetArrayLength() >= 2);
        Assert.True(result.GetProperty("responses").EnumerateArray().Sum(r => r.GetProperty("cost").GetDecimal()) > 0);
    }

    [Fact]
    public async Task Ask_TheSameAgain_CostsNothing()
    {
        await using var server = await PanelServer.StartAsync(Token);
        using var cli = new QuorateCli();
        var config = await WriteConfigAsync(cli, server.Endpoint);
        await cli.JsonAsync(Token, "ask", "Is the bridge safe?", "--config", config);
        var calls = server.Calls.Count;
        var (_, again) = await cli.JsonAsync(Token, "ask", "Is the bridge safe?", "--config", config);
        Assert.Equal(calls, server.Calls.Count);
        Assert.Equal(0, again.GetProperty("responses").EnumerateArray().Sum(r => r.GetProperty("cost").GetDecimal()));
        var (_, other) = await cli.JsonAsync(Token, "ask", "Is the bridge not safe?", "--config", config);
        Assert.Equal(0, other.GetProperty("responses").EnumerateArray().Count(r => r.GetProperty("cost").GetDecimal() == 0));
    }

    [Theory]
    [InlineData("--plots")]
    [InlineData("--certificate")]
    public async Task Ask_FolderThatCannotBeWritten_IsRefusedBeforeAnybodyIsAsked(string option)
    {
        await using var server = await PanelServer.StartAsync(Token);
        using var cli = new QuorateCli();
        var (code, document) = await cli.JsonAsync(Token, "ask", "Is the bridge safe?", "--config", await WriteConfigAsync(cli, server.Endpoint), option, "/dev/null/x");
        Assert.Equal((2, "folder_unwritable"), (code, document.GetProperty("error").GetProperty("code").GetString()));
        Assert.Empty(server.Calls);
    }

    [Theory]
    [InlineData("--domain", "Sports", "domain_unknown")]
    [InlineData("--type", "riddle", "type_unknown")]
    [InlineData("--models", "nobody", "models_unknown")]
    [InlineData("--role", "bm25", "role_form")]
    [InlineData("--role", "bm25=Pirate", "roles_unknown")]
    [InlineData("--aggregator", "bm25", "aggregator_embedded")]
    [InlineData("--documents", "/no/such/folder", "documents_missing")]
    public async Task Ask_OptionThatIsWrong_NamesItAndAsksNobody(string option, string value, string error)
    {
        using var cli = new QuorateCli();
        var (code, document) = await cli.JsonAsync(Token, "ask", "Is approval on by default?", option, value);
        Assert.Equal((option == "--documents" ? 3 : 2, error), (code, document.GetProperty("error").GetProperty("code").GetString()));
        var (_, ledger) = await cli.JsonAsync(Token, "ledger", "search", "--kind", "llm_run");
        Assert.Equal(0, ledger.GetProperty("entries").GetArrayLength());
    }

    [Fact]
    public async Task Ask_BytesThatAreNoText_IsRefused()
    {
        using var cli = new QuorateCli();
        var run = await cli.ShellAsync("printf 'is \\xff it' | \"$QUORATE_APP\" ask - --json", Token);
        Assert.Equal((2, "query_encoding"), (run.Code, JsonDocument.Parse(run.Stdout).RootElement.GetProperty("error").GetProperty("code").GetString()));
    }

    private static async Task<string> WriteConfigAsync(QuorateCli cli, Uri endpoint)
    {
        var path = Path.Combine(cli.Home, "panel.json");
        var models = Enumerable.Range(1, 5).ToDictionary(i => $"m{i}", i => new { endpoint = endpoint.ToString(), model = $"m{i}", price = new { input = 1, output = 2 }, aggregator = i == 1 });
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(new { models }), Token);
        return path;
    }
}

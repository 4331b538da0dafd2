using Quorate.Contracts.Sites;
using Quorate.Platforms.Docker;
using YamlDotNet.Serialization;

namespace Quorate.Tests.Unit.Docker;

public class ComposeRenderingTests
{
    private const string Resolved = """
        services:
          api:
            environment: {GONE: '1', KEPT: old}
            env_file: [.env]
            image: "api:1"
            mem_limit: '64m'
          db: {image: db, environment: {A: b}}
        version: '2.4'
        """;

    [Fact]
    public void WithEnvironment_GivenValues_AreAllThereIs()
    {
        var given = new Dictionary<string, string> { ["KEPT"] = "new", ["PRICE"] = "$5 ${HOME}", ["NUMBER"] = "012", ["TEXT"] = "a: \"b\"\n- c", ["NULL"] = "null", ["YES"] = "yes" };

        var root = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(ComposeRendering.WithEnvironment(Resolved, "api", given));

        var services = (Dictionary<object, object>)root["services"];
        var api = (Dictionary<object, object>)services["api"];
        var environment = ((Dictionary<object, object>)api["environment"]).ToDictionary(e => (string)e.Key, e => ((string)e.Value).Replace("$$", "$", StringComparison.Ordinal));
        Assert.Equal(given, environment);
        Assert.Equal("$$5 $${HOME}", ((Dictionary<object, object>)api["environment"])["PRICE"]);
        Assert.False(api.ContainsKey("env_file"));
        Assert.Equal("64m", api["mem_limit"]);
        Assert.Equal("b", ((Dictionary<object, object>)((Dictionary<object, object>)services["db"])["environment"])["A"]);
    }

    [Theory]
    [InlineData("services: {}")]
    [InlineData("")]
    [InlineData("- list")]
    [InlineData("services: {api: {")]
    public void WithEnvironment_ServiceIsNotThere_IsRefused(string resolved) =>
        Assert.Throws<PlatformException>(() => ComposeRendering.WithEnvironment(resolved, "api", new Dictionary<string, string>()));

    [Fact]
    public void Hint_OldComposeOnNewEngine_SaysWhatToInstall()
    {
        Assert.Contains("docker-compose-plugin", ComposeProgram.Hint("  File \"service.py\"\nKeyError: 'ContainerConfig'"), StringComparison.Ordinal);
        Assert.Equal("", ComposeProgram.Hint("no such image"));
    }
}

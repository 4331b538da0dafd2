using System.Text.Json.Nodes;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Harness.Scenarios;
using Quorate.Tests.Unit.Planning;
using Quorate.Tests.Unit.Tidy;

namespace Quorate.Tests.Unit.Harness;

public class ScenarioReaderTests
{
    private const string Smallest = """{"name":"n","summary":"s","site":"../shop/compose.yml","platform":["process"],"incidents":["broken"]}""";

    [Fact]
    public void Read_SmallestFile_HasTheDefaults()
    {
        var scenario = ScenarioReader.Read(Smallest, "/lab/scenarios");
        Assert.Equal("/lab/shop/compose.yml", scenario.ComposeFile);
        Assert.Equal((0, 3, 0, 120, "none"), (scenario.Noise, scenario.StabilityWindowS, scenario.Seed, scenario.TimeoutS, scenario.FaultNames));
    }

    [Theory]
    [InlineData("nosie", "0.5", "nosie is unknown")]
    [InlineData("noise", "1.5", "noise is 1.5; a number from 0 to 1 is allowed")]
    [InlineData("platform", """["kubernetes"]""", "'kubernetes' is none of process, docker")]
    [InlineData("platform", "[]", "platform is empty or missing")]
    [InlineData("incidents", "[]", "incidents is empty or missing")]
    [InlineData("stability_window_s", "0", "stability_window_s is 0")]
    [InlineData("seed", "-1", "seed is -1")]
    [InlineData("load", """{"rate":0}""", "load.rate is 0")]
    [InlineData("faults", """[{"target":"api"}]""", "faults[0].name is missing")]
    [InlineData("faults", """[{"name":"crash","at":1}]""", "faults[0].at is unknown")]
    [InlineData("disturbances", """[{"kind":"earthquake"}]""", "disturbances[0].kind is \"earthquake\"")]
    [InlineData("disturbances", """[{"kind":"restart"}]""", "a target is needed for it")]
    [InlineData("expected", "{}", "expected.root_service is missing")]
    public void Read_WrongField_IsNamedWithWhatIsAllowed(string field, string value, string message)
    {
        var json = JsonNode.Parse(Smallest)!.AsObject();
        json[field] = JsonNode.Parse(value);
        var error = Assert.Throws<QuorateException>(() => ScenarioReader.Read(json.ToJsonString(), "/"));
        Assert.Equal((ErrorKind.Input, "scenario_invalid", "docs/schemas/scenario.json says what is allowed"), (error.Kind, error.Code, error.Hint));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"faults":[{"name":"meteor"}]}""", "faults[0].name is meteor; there are")]
    [InlineData("""{"faults":[{"name":"crash","target":"bank"}]}""", "faults[0].target is bank, which is not a service of shop")]
    [InlineData("""{"faults":[{"name":"data_full"}],"platform":["docker"]}""", "which works on process, not on docker")]
    [InlineData("""{"faults":[{"name":"crash","target":"api"},{"name":"pause","target":"api"}]}""", "cannot be combined with crash")]
    [InlineData("""{"disturbances":[{"kind":"restart","target":"bank"}]}""", "disturbances[0].target is bank")]
    [InlineData("""{"expected":{"root_service":"bank"}}""", "expected.root_service is bank")]
    public void Check_WhatTheSiteOrCatalogueDoesNotHave_IsNamed(string fields, string message)
    {
        var json = JsonNode.Parse(Smallest)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(fields)!.AsObject().ToList())
        {
            json[name] = value!.DeepClone();
        }

        var scenario = ScenarioReader.Read(json.ToJsonString(), "/");
        var error = Assert.Throws<QuorateException>(() => ScenarioReader.Check(scenario, Shop.Site));
        Assert.Equal((ErrorKind.Input, "scenario_invalid"), (error.Kind, error.Code));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shipped_Scenarios_FitTheirSitesAndTheSchema()
    {
        var scenarios = ScenarioCatalog.ReadFolder(Path.Combine(Repository.Root, "lab/scenarios"));
        var fields = Schema()["properties"]!.AsObject().Select(p => p.Key).ToHashSet();
        Assert.True(scenarios.Count >= 10);
        Assert.All(scenarios, scenario =>
        {
            ScenarioReader.Check(scenario, Workspace.LoadSite(scenario.ComposeFile));
            var file = Path.Combine(Repository.Root, $"lab/scenarios/{scenario.Name}.json");
            Assert.True(File.Exists(file), $"{scenario.Name} is in a file of another name");
            Assert.Subset(fields, JsonNode.Parse(File.ReadAllText(file))!.AsObject().Select(p => p.Key).ToHashSet());
            Assert.True(scenario.Incidents.Count >= 2, $"{scenario.Name} has one text only");
        });
        Assert.Contains(scenarios, s => s is { Name: "shop_noop", Faults.Count: 0 });
    }

    [Fact]
    public void Schema_Required_IsWhatTheReaderDemands()
    {
        foreach (var field in Schema()["required"]!.AsArray().Select(f => f!.GetValue<string>()))
        {
            var json = JsonNode.Parse(Smallest)!.AsObject();
            Assert.True(json.Remove(field), $"{field} is required and not in the smallest file");
            Assert.Throws<QuorateException>(() => ScenarioReader.Read(json.ToJsonString(), "/"));
        }
    }

    [Fact]
    public void Choose_NeitherFileNorName_IsRefusedWithWhatThereIs()
    {
        var error = Assert.Throws<QuorateException>(() => ScenarioCatalog.Choose(Path.Combine(Repository.Root, "lab/scenarios"), ["shop_quake"]));
        Assert.Equal("unknown_scenario", error.Code);
        Assert.Contains("shop_crash", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_SameSeed_IsTheSame_AndMoreNoiseOnlyAdds()
    {
        var scenario = ScenarioCatalog.Choose(Path.Combine(Repository.Root, "lab/scenarios"), ["shop_crash"])[0];
        for (var seed = 0; seed < 50; seed++)
        {
            Assert.Equal(QuorateJson.Serialize(ScenarioDraw.Of(scenario, seed, 0.5)), QuorateJson.Serialize(ScenarioDraw.Of(scenario, seed, 0.5)));
            Assert.Subset(ScenarioDraw.Of(scenario, seed, 0.8).Disturbances.ToHashSet(), ScenarioDraw.Of(scenario, seed, 0.3).Disturbances.ToHashSet());
            Assert.Empty(ScenarioDraw.Of(scenario, seed, 0).Disturbances);
            Assert.Equal(scenario.Disturbances.Count, ScenarioDraw.Of(scenario, seed, 1).Disturbances.Count);
        }

        Assert.True(Enumerable.Range(0, 50).Select(seed => ScenarioDraw.Of(scenario, seed, 0).Incident).Distinct().Count() == scenario.Incidents.Count);
    }

    private static JsonNode Schema() => JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs/schemas/scenario.json")))!;
}

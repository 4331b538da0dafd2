using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Planning.Llm;

namespace Quorate.Tests.Unit.Planning;

public sealed class PlanSchemaTests
{
    [Fact]
    public void Create_ShippedFile_IsTheSame()
    {
        var file = JsonNode.Parse(File.ReadAllText(Path.Combine(Root(), "docs", "schemas", "plan.json")));
        Assert.True(JsonNode.DeepEquals(file, PlanSchema.Create()), "docs/schemas/plan.json should be:\n" + PlanSchema.Create().ToJsonString(QuorateJson.Indented));
    }

    [Fact]
    public void ForModel_EveryTypeOfTheCatalogue_WithItsAgentAndArguments()
    {
        var tasks = PlanSchema.ForModel(Shop.Names, 8).GetProperty("properties").GetProperty("tasks");
        Assert.Equal(8, tasks.GetProperty("maxItems").GetInt32());
        foreach (var (type, schema) in TaskCatalog.Types.Values.Zip(tasks.GetProperty("items").GetProperty("oneOf").EnumerateArray()))
        {
            var fields = schema.GetProperty("properties");
            Assert.Equal(type.Name, fields.GetProperty("type").GetProperty("const").GetString());
            Assert.Equal(type.Agent, fields.GetProperty("assigned_to").GetProperty("const").GetString());
            Assert.Equal(Shop.Names, fields.GetProperty("target").GetProperty("enum").EnumerateArray().Select(s => s.GetString()!));
            Assert.Equal(type.Args.Select(a => a.Name), fields.GetProperty("args").GetProperty("properties").EnumerateObject().Select(a => a.Name));
        }
    }

    private static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
}

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Tests.Unit.Tidy;

namespace Quorate.Tests.Unit.Ask;

public class AskSchemaTests
{
    [Fact]
    public async Task Schema_OfAQuestionsResult_IsTheOneInDocs()
    {
        var path = Path.Combine(Repository.Root, "docs", "schemas", "ask.json");
        var file = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        var options = new JsonSerializerOptions(QuorateJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
        var schema = options.GetJsonSchemaAsNode(typeof(AskResult), new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true }).AsObject();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "Result of quorate ask --json");
        Assert.True(JsonNode.DeepEquals(file, schema), "docs/schemas/ask.json should be:\n" + schema.ToJsonString(QuorateJson.Indented));
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Harness.Metrics;

namespace Quorate.Tests.Unit.Tidy;

public sealed class ResultSchemaTests
{
    [Theory]
    [InlineData("ask.json", typeof(AskResult), "Result of quorate ask --json")]
    [InlineData("harness.json", typeof(BatchSummary), "Result of quorate harness run --json")]
    public async Task Schema_OfAResult_IsTheOneInDocs(string name, Type type, string title)
    {
        var path = Path.Combine(Repository.Root, "docs", "schemas", name);
        var file = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        var options = new JsonSerializerOptions(QuorateJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
        var schema = options.GetJsonSchemaAsNode(type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true }).AsObject();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", title);
        Assert.True(JsonNode.DeepEquals(file, schema), $"docs/schemas/{name} should be:\n" + schema.ToJsonString(QuorateJson.Indented));
    }
}

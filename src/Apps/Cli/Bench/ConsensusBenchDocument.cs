using System.Text.Json.Nodes;
using Quorate.Contracts;

namespace Quorate.Cli.Bench;

/// <summary>The last run's fields, and every run under <c>runs</c>.</summary>
internal static class ConsensusBenchDocument
{
    public static JsonObject Of(IReadOnlyList<ConsensusBenchResult> runs)
    {
        var document = JsonObject.Create(QuorateJson.ToElement(runs[^1]))!;
        document["runs"] = JsonArray.Create(QuorateJson.ToElement(runs));
        return document;
    }
}

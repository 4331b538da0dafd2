using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Quorate.Server.OpenAi;

/// <summary>The field <c>response_format</c> of a chat completion.</summary>
internal static class ResponseFormatField
{
    private const string Name = "response_format";

    /// <summary>Null for plain text.</summary>
    public static ChatResponseFormat? Read(JsonElement value) => Text(value, "type") switch
    {
        "text" => null,
        "json_object" => ChatResponseFormat.Json,
        "json_schema" when value.TryGetProperty("json_schema", out var wanted) && wanted.ValueKind == JsonValueKind.Object => Schema(wanted),
        _ => throw new FieldException(OpenAiError.Field(Name, "an object with type text, json_object or json_schema is needed")),
    };

    private static ChatResponseFormatJson Schema(JsonElement wanted) =>
        wanted.TryGetProperty("schema", out var schema) && schema.ValueKind == JsonValueKind.Object && Text(wanted, "name") is { Length: > 0 and <= 64 } name
            ? ChatResponseFormat.ForJsonSchema(schema, name, Text(wanted, "description"))
            : throw new FieldException(OpenAiError.Field($"{Name}.json_schema", "an object with name and schema is needed"));

    private static string? Text(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

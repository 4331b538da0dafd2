using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Quorate.Contracts;
using Quorate.Models.Panel;

namespace Quorate.Server.OpenAi;

/// <summary>GET /v1/models and /v1/models/{id}: the panel as <c>quorate</c>, and each of its members.</summary>
internal static class ModelsEndpoint
{
    public static void MapModels(this IEndpointRouteBuilder app)
    {
        var parts = app.ServiceProvider.GetRequiredService<ServerParts>();
        var since = parts.Time.GetUtcNow().ToUnixTimeSeconds();
        app.MapGet("/v1/models", context => OpenAiJson.AnswerAsync(context, json => WriteList(json, parts.Panel(), since))).WithSummary("The models of this API.");
        app.MapGet("/v1/models/{id}", context => FindAsync(context, parts, since)).WithSummary("One of them.");
    }

    public static MemberInfo? Find(IModelPanel panel, string name)
    {
        for (var i = 0; i < panel.Members.Count; i++)
        {
            if (panel.Members[i].Name == name)
            {
                return panel.Members[i];
            }
        }

        return null;
    }

    public static OpenAiError Unknown(string model) =>
        new(StatusCodes.Status404NotFound, "model_not_found", $"there is no model '{PlainText.Line(model, 60)}' here; GET /v1/models lists them", "model");

    private static Task FindAsync(HttpContext context, ServerParts parts, long since)
    {
        var id = (string?)context.GetRouteValue("id") ?? "";
        var owner = id == ChatCall.Panel ? ChatCall.Panel : Find(parts.Panel(), id)?.Provider;
        return owner is null ? Unknown(id).ExecuteAsync(context) : OpenAiJson.AnswerAsync(context, json => Write(json, id, owner, since));
    }

    private static void WriteList(Utf8JsonWriter json, IModelPanel panel, long since)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        Write(json, ChatCall.Panel, ChatCall.Panel, since);
        foreach (var member in panel.Members.Where(m => m.Name != ChatCall.Panel))
        {
            Write(json, member.Name, member.Provider, since);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string id, string owner, long since)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, since);
        json.WriteString("owned_by"u8, owner);
        json.WriteEndObject();
    }
}

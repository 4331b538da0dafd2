using Quorate.Engine.Ask.Catalog;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quorate.Models.Panel;

namespace Quorate.Server.Endpoints;

/// <summary>A member as clients see it.</summary>
/// <param name="Name">The provider's name of the model.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Aggregator">Whether it writes the summaries.</param>
/// <param name="Color">Of its lines in charts.</param>
/// <param name="Provider">Where it is.</param>
/// <param name="Embedded">Whether it is a rule of this program rather than a language model.</param>
/// <param name="Temperature">0–2.</param>
/// <param name="MaxTokens">Of one answer.</param>
/// <param name="Role">Its ethical role; null for none.</param>
public sealed record ModelView(string Name, string DisplayName, bool Aggregator, string Color, string Provider, bool Embedded, double Temperature, int MaxTokens, string? Role);

/// <summary>What a question may be made of.</summary>
internal static class CatalogEndpoints
{
    /// <summary>Distinguishable with any colour vision (Okabe and Ito 2008).</summary>
    private static readonly string[] Colors = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"];

    public static void MapCatalog(this IEndpointRouteBuilder app)
    {
        app.MapGet("/models", (ServerParts parts) => Results.Ok(Models(parts.Panel().Members))).WithSummary("The panel's members by name.").Produces<IReadOnlyDictionary<string, ModelView>>();
        app.MapGet("/domains", (ServerParts parts) => Results.Ok(new { domains = parts.Catalog.Domains })).WithSummary("Domains, each with what it puts before a question.");
        app.MapGet("/question_types", () => Results.Ok(new { question_types = QuestionTypes.ByName.Keys })).WithSummary("Types of questions.");
        app.MapGet("/ethical_views", (ServerParts parts) => Results.Ok(new { ethical_views = parts.Catalog.Roles })).WithSummary("Roles that members can take.");
        app.MapGet("/examples", (ServerParts parts) => Results.Ok(new { examples = parts.Catalog.Examples.ToDictionary(d => d.Key, d => d.Value.Select(e => new[] { e.Query, QuestionTypes.NameOf(e.QuestionType) })) }))
            .WithSummary("Questions to try, by domain: each a text and its type.");
    }

    private static Dictionary<string, ModelView> Models(IReadOnlyList<MemberInfo> members) => members.Select((m, i) => (m, i)).ToDictionary(
        p => p.m.Name,
        p => new ModelView(p.m.Model, DisplayName(p.m), p.m.Aggregator, Colors[p.i % Colors.Length], p.m.Provider, p.m.Embedded, p.m.Temperature, p.m.MaxTokens, p.m.Role));

    /// <summary>Such as <c>Llama 3.1 8b (Aggregator)</c> for <c>meta-llama/llama-3.1-8b-instruct:free</c>.</summary>
    private static string DisplayName(MemberInfo member)
    {
        var words = member.Model.Split('/')[^1].Split(':')[0].Replace("-instruct", "", StringComparison.Ordinal).Split(['-', '_'], StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', words.Select(w => char.ToUpperInvariant(w[0]) + w[1..])) + (member.Aggregator ? " (Aggregator)" : "");
    }
}

using Quorate.Engine.Ask.Catalog;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ports;
using Quorate.Models.Panel;
using Quorate.Server.Requests;

namespace Quorate.Server.Endpoints;

/// <summary>Reads a question out of a request, with every name in it checked.</summary>
internal static class QuestionFields
{
    private const string NoDomain = "Custom";
    private const string NoRole = "None";
    private const string Drawn = "random";

    /// <summary>Who may be chosen as aggregator: embedded members quote documents and write no summaries.</summary>
    public static IReadOnlyList<string> Writers(IReadOnlyList<MemberInfo> panel) => [.. panel.Where(m => !m.Embedded).Select(m => m.Name)];

    public static AskRequest Read(JsonFields fields, ServerParts parts, UserAccount user)
    {
        var panel = parts.Panel().Members;
        var members = panel.Select(m => m.Name).ToList();
        var query = fields.Text("query", AskRequest.MaxQuery, needed: true) ?? "";
        var domain = fields.OneOf("domain", [.. parts.Catalog.Domains.Keys, NoRole]);
        var type = fields.OneOf("question_type", QuestionTypes.ByName.Keys);
        var models = fields.List("models", members.Count, members);
        var asked = models.Count > 0 ? models : members;
        var views = fields.List("ethical_views", parts.Catalog.Roles.Count + 1, [.. parts.Catalog.Roles, NoRole]);
        var roles = fields.Map("roles", asked, [.. parts.Catalog.Roles, Drawn, NoRole]);
        var choices = fields.List("choices", AskRequest.MaxChoices);
        var writers = Writers(panel);
        var aggregator = fields.OneOf("aggregator_id", writers) ?? (user.Aggregator is { } own && writers.Contains(own) ? own : null);
        var seed = fields.Number("seed", 0, int.MaxValue) ?? 0;
        RefuseContradictions(fields, views, roles, choices, type);
        var writer = aggregator ?? panel.FirstOrDefault(m => m.Aggregator)?.Name;
        return new AskRequest
        {
            Query = query,
            Domain = domain is null or NoRole ? NoDomain : domain,
            QuestionType = type is null ? QuestionType.None : QuestionTypes.ByName[type],
            Choices = choices,
            Models = models,
            Roles = roles.Count > 0 ? roles.Where(r => r.Value != NoRole).ToDictionary() : Assign(views, [.. asked.OrderBy(m => m == writer)], seed),
            Aggregator = aggregator,
            PeerReview = fields.Flag("peer_review"),
            SecondRound = fields.Flag("second_round"),
            WeightByConfidence = fields.Flag("weight_by_confidence"),
            Seed = seed,
        };
    }

    private static void RefuseContradictions(JsonFields fields, IReadOnlyList<string> views, IReadOnlyDictionary<string, string> roles, IReadOnlyList<string> choices, string? type)
    {
        if (views.Count > 0 && roles.Count > 0)
        {
            fields.Refuse("roles", null, "either roles or ethical_views, not both");
        }

        if (choices.Count == 1 || (choices.Count > 1 && type != QuestionTypes.NameOf(QuestionType.MultipleChoice)))
        {
            fields.Refuse("choices", null, $"2 to {AskRequest.MaxChoices} texts, for question_type {QuestionTypes.NameOf(QuestionType.MultipleChoice)} only");
        }

        if (choices.FirstOrDefault(c => c.Length > AskRequest.MaxChoice || string.IsNullOrWhiteSpace(c) || c.Any(char.IsControl)) is { } unfit)
        {
            fields.Refuse("choices", unfit, $"texts of 1 to {AskRequest.MaxChoice} characters on one line");
        }

        // A key in a request would end up in logs and histories.
        if (fields.Text("api_key", 1_000, secret: true) is not null)
        {
            fields.Refuse("api_key", null, "left out: keys of models are set where the server runs, such as OPENROUTER_API_KEY");
        }
    }

    /// <summary>One view each in the order given; when there are more members than views, the others draw from the same.</summary>
    private static Dictionary<string, string> Assign(IReadOnlyList<string> views, IReadOnlyList<string> members, int seed)
    {
        if (views.Count == 0 || views.Contains(NoRole))
        {
            return [];
        }

        var draw = new Random(seed);
        return members.Select((m, i) => (m, View: i < views.Count ? views[i] : views[draw.Next(views.Count)])).ToDictionary(p => p.m, p => p.View, StringComparer.Ordinal);
    }
}

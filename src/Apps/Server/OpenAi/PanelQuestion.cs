using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Catalog;

namespace Quorate.Server.OpenAi;

/// <summary>Makes a question to the panel of a chat completion.</summary>
internal static class PanelQuestion
{
    private const string Extras = "quorate";
    private const int MaxNames = 64;

    /// <exception cref="FieldException">A field is wrong. Names are checked by the engine.</exception>
    public static AskRequest Read(ChatCall call)
    {
        var request = new AskRequest { Query = Query(call.Messages), Seed = (int)((call.Options.Seed ?? 0) & int.MaxValue) };
        if (call.Quorate is not { } extras)
        {
            return request;
        }

        if (extras.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(Extras, "an object is needed");
        }

        foreach (var field in extras.EnumerateObject())
        {
            request = With(request, field.Name, field.Value);
        }

        return request;
    }

    private static AskRequest With(AskRequest request, string name, JsonElement value) => name switch
    {
        "domain" => request with { Domain = Text(name, value) },
        "question_type" => request with { QuestionType = QuestionTypes.Find(Text(name, value)) ?? throw Wrong($"{Extras}.{name}", $"one of {string.Join(", ", QuestionTypes.ByName.Keys)} is needed") },
        "choices" => request with { Choices = Texts(name, value) },
        "models" => request with { Models = Texts(name, value) },
        "roles" => request with { Roles = Map(name, value) },
        "aggregator" => request with { Aggregator = Text(name, value) },
        "peer_review" => request with { PeerReview = Flag(name, value) },
        "second_round" => request with { SecondRound = Flag(name, value) },
        "weight_by_confidence" => request with { WeightByConfidence = Flag(name, value) },
        _ => throw Wrong($"{Extras}.{PlainText.Line(name, 40)}", "unknown; allowed: domain, question_type, choices, models, roles, aggregator, peer_review, second_round, weight_by_confidence"),
    };

    /// <summary>The last message is the question; as much of what was said before as fits is its context, the newest first to stay.</summary>
    private static string Query(List<ChatMessage> messages)
    {
        var question = messages[^1];
        if (question.Role != ChatRole.User || string.IsNullOrWhiteSpace(question.Text) || question.Text.Length > AskRequest.MaxQuery)
        {
            throw Wrong("messages", $"the last message must be the user's question, of 1 to {AskRequest.MaxQuery} characters");
        }

        const string Before = "What was said before:\n";
        const string Now = "\n\nThe question:\n";
        var room = AskRequest.MaxQuery - question.Text.Length - Before.Length - Now.Length;
        var context = new List<string>();
        for (var i = messages.Count - 2; i >= 0; i--)
        {
            var line = $"{messages[i].Role.Value}: {messages[i].Text}";
            room -= line.Length + 1;
            if (room < 0)
            {
                break;
            }

            context.Insert(0, line);
        }

        return context.Count == 0 ? question.Text : new StringBuilder(Before).AppendJoin('\n', context).Append(Now).Append(question.Text).ToString();
    }

    private static string Text(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw Wrong($"{Extras}.{name}", "a text is needed");

    private static bool Flag(string name, JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong($"{Extras}.{name}", "true or false is needed");

    private static List<string> Texts(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= MaxNames ? [.. value.EnumerateArray().Select(item => Text(name, item))] : throw Wrong($"{Extras}.{name}", $"a list of up to {MaxNames} texts is needed");

    private static Dictionary<string, string> Map(string name, JsonElement value)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw Wrong($"{Extras}.{name}", "an object is needed"))
        {
            map[item.Name] = Text(name, item.Value);
        }

        return map.Count <= MaxNames ? map : throw Wrong($"{Extras}.{name}", $"up to {MaxNames} entries are allowed");
    }

    private static FieldException Wrong(string param, string message) => new(OpenAiError.Field(param, message));
}

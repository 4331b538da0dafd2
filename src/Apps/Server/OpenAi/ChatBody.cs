using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Quorate.Contracts;

namespace Quorate.Server.OpenAi;

/// <summary>
/// Reads the body of a chat completion. Fields that would change the answer and are not supported are refused by name; others that
/// nobody here knows are skipped, as clients send more every year.
/// </summary>
internal static class ChatBody
{
    private const int MaxDepth = 32;
    private const int MaxMessages = 1_000;
    private const int MaxStops = 4;
    private const int MaxTokens = 32_768;

    public static (ChatCall? Call, OpenAiError? Error) Read(ReadOnlySequence<byte> body)
    {
        try
        {
            var call = new ChatCall();
            ReadObject(body, call);
            if (call.Model.Length == 0)
            {
                return (null, OpenAiError.Field("model", "needed; GET /v1/models lists them"));
            }

            if (call.Messages.Count == 0)
            {
                return (null, OpenAiError.Field("messages", $"1 to {MaxMessages} are needed"));
            }

            call.BodyHash = call.Model == ChatCall.Panel ? Convert.ToHexStringLower(SHA256.HashData(body.ToArray())) : "";
            return (call, null);
        }
        catch (FieldException wrong)
        {
            return (null, wrong.Error);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return (null, new OpenAiError(StatusCodes.Status400BadRequest, "invalid_json", $"the body is not a JSON object in UTF-8: {PlainText.Line(error.Message, 200)}"));
        }
    }

    private static void ReadObject(ReadOnlySequence<byte> body, ChatCall call)
    {
        var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("it is no object");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            ReadField(ref json, call);
        }

        // Whatever follows the object is found here.
        json.Read();
    }

    private static void ReadField(ref Utf8JsonReader json, ChatCall call)
    {
        var name = json.GetString()!;
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return;
        }

        switch (name)
        {
            case "model":
                call.Model = Text(ref json, name);
                break;
            case "messages":
                ReadMessages(ref json, call.Messages);
                break;
            case "stream":
                call.Stream = Flag(ref json, name);
                break;
            case "stream_options":
                using (var options = JsonDocument.ParseValue(ref json))
                {
                    call.IncludeUsage = options.RootElement.ValueKind == JsonValueKind.Object && options.RootElement.TryGetProperty("include_usage", out var include) && include.ValueKind == JsonValueKind.True;
                }

                break;
            case "n":
                Whole(ref json, name, 1, 1);
                break;
            case "quorate":
                call.Quorate = JsonElement.ParseValue(ref json);
                break;
            default:
                ReadOption(ref json, name, call.Options);
                break;
        }
    }

    private static void ReadOption(ref Utf8JsonReader json, string name, ChatOptions options)
    {
        switch (name)
        {
            case "temperature":
                options.Temperature = (float)Number(ref json, name, 0, 2);
                break;
            case "top_p":
                options.TopP = (float)Number(ref json, name, 0, 1);
                break;
            case "frequency_penalty":
                options.FrequencyPenalty = (float)Number(ref json, name, -2, 2);
                break;
            case "presence_penalty":
                options.PresencePenalty = (float)Number(ref json, name, -2, 2);
                break;
            case "max_tokens" or "max_completion_tokens":
                options.MaxOutputTokens = (int)Whole(ref json, name, 1, MaxTokens);
                break;
            case "seed":
                options.Seed = Whole(ref json, name, long.MinValue, long.MaxValue);
                break;
            case "stop":
                options.StopSequences = Stops(ref json);
                break;
            case "response_format":
                options.ResponseFormat = ResponseFormatField.Read(JsonElement.ParseValue(ref json));
                break;
            case "tools" or "tool_choice" or "functions" or "function_call" or "logprobs" or "top_logprobs" or "logit_bias" or "audio" or "modalities" or "prediction" or "web_search_options":
                RefuseUnlessEmpty(ref json, name);
                break;
            default:
                json.Skip();
                break;
        }
    }

    private static void ReadMessages(ref Utf8JsonReader json, List<ChatMessage> messages)
    {
        messages.Clear();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw Wrong("messages", "a list is needed");
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (messages.Count == MaxMessages || json.TokenType != JsonTokenType.StartObject)
            {
                throw Wrong("messages", $"1 to {MaxMessages} objects with role and content are needed");
            }

            messages.Add(ReadMessage(ref json, $"messages[{messages.Count}]"));
        }
    }

    private static ChatMessage ReadMessage(ref Utf8JsonReader json, string at)
    {
        ChatRole? role = null;
        IList<AIContent>? contents = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString();
            json.Read();
            if (name == "role")
            {
                role = Role(Text(ref json, $"{at}.role"), at);
            }
            else if (name == "content")
            {
                contents = Contents(ref json, $"{at}.content");
            }
            else if (name is "tool_calls" or "function_call" or "tool_call_id" or "audio" && json.TokenType != JsonTokenType.Null)
            {
                throw Wrong($"{at}.{name}", "not supported");
            }
            else
            {
                json.Skip();
            }
        }

        return new ChatMessage(role ?? throw Wrong($"{at}.role", "system, developer, user or assistant is needed"), contents ?? throw Wrong($"{at}.content", "a text is needed"));
    }

    private static ChatRole Role(string role, string at) => role switch
    {
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        // Servers that only resemble OpenAI's know no developers.
        "system" or "developer" => ChatRole.System,
        _ => throw Wrong($"{at}.role", $"'{PlainText.Line(role, 40)}' is not supported; system, developer, user and assistant are"),
    };

    /// <summary>A text, or a list of text parts.</summary>
    private static List<AIContent>? Contents(ref Utf8JsonReader json, string at)
    {
        if (json.TokenType is JsonTokenType.Null or JsonTokenType.String)
        {
            return json.GetString() is { } text ? [new TextContent(text)] : null;
        }

        using var parts = JsonDocument.ParseValue(ref json);
        if (parts.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(at, "a text, or a list of text parts, is needed");
        }

        var contents = new List<AIContent>(parts.RootElement.GetArrayLength());
        foreach (var part in parts.RootElement.EnumerateArray())
        {
            var isText = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var type) && type.ValueEquals("text"u8);
            contents.Add(isText && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
                ? new TextContent(text.GetString())
                : throw Wrong(at, "only parts of type text are supported"));
        }

        return contents;
    }

    private static List<string> Stops(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            return [json.GetString()!];
        }

        var stops = new List<string>();
        while (json.TokenType is JsonTokenType.StartArray or JsonTokenType.String && json.Read() && json.TokenType == JsonTokenType.String && stops.Count <= MaxStops)
        {
            stops.Add(json.GetString()!);
        }

        return json.TokenType == JsonTokenType.EndArray && stops.Count <= MaxStops ? stops : throw Wrong("stop", $"a text, or up to {MaxStops} of them, is needed");
    }

    private static void RefuseUnlessEmpty(ref Utf8JsonReader json, string name)
    {
        using var value = JsonDocument.ParseValue(ref json);
        var root = value.RootElement;
        var empty = root.ValueKind switch
        {
            JsonValueKind.False => true,
            JsonValueKind.Array => root.GetArrayLength() == 0 || (name == "modalities" && root.GetArrayLength() == 1 && root[0].ValueKind == JsonValueKind.String && root[0].ValueEquals("text"u8)),
            JsonValueKind.Object => !root.EnumerateObject().Any(),
            _ => false,
        };
        if (!empty)
        {
            throw new FieldException(new OpenAiError(StatusCodes.Status400BadRequest, "unsupported_parameter", $"{name} is not supported here; leave it out", name));
        }
    }

    private static string Text(ref Utf8JsonReader json, string name) =>
        json.TokenType == JsonTokenType.String ? json.GetString()! : throw Wrong(name, "a text is needed");

    private static bool Flag(ref Utf8JsonReader json, string name) =>
        json.TokenType is JsonTokenType.True or JsonTokenType.False ? json.GetBoolean() : throw Wrong(name, "true or false is needed");

    private static double Number(ref Utf8JsonReader json, string name, double least, double most) =>
        json.TokenType == JsonTokenType.Number && json.TryGetDouble(out var number) && number >= least && number <= most ? number : throw Wrong(name, $"a number from {least} to {most} is needed");

    private static long Whole(ref Utf8JsonReader json, string name, long least, long most) =>
        json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var number) && number >= least && number <= most
            ? number : throw Wrong(name, least == most ? $"only {least} is supported" : $"a whole number from {least} to {most} is needed");

    private static FieldException Wrong(string param, string message) => new(OpenAiError.Field(param, message));
}

/// <summary>Ends the reading of a body at the first field that is wrong; never leaves this folder.</summary>
internal sealed class FieldException(OpenAiError error) : Exception(error.Message)
{
    public OpenAiError Error { get; } = error;
}

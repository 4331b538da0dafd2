using System.Text.Json;

namespace Quorate.Engine.Triage.Planning.Parsing;

/// <summary>Finds the one JSON object that a model's answer is about, between fences, prose and thoughts.</summary>
internal static class JsonFinder
{
    /// <summary>Places in a text where an object is looked for.</summary>
    private const int MaxCandidates = 16;

    private static readonly string[] Marks = ["tasks", "clarifying_task", "no_fault"];
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = JsonRepair.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>The object, or why there is none. The caller disposes the document.</summary>
    public static (JsonDocument? Document, IReadOnlyList<string> Repairs, string? Reason) Find(string text)
    {
        var thought = text.LastIndexOf("</think>", StringComparison.OrdinalIgnoreCase);
        var at = thought < 0 ? 0 : thought + "</think>".Length;
        JsonDocument? found = null;
        RepairedJson? repaired = null;
        var problem = "the text holds no JSON object";
        for (var candidate = 0; candidate < MaxCandidates && (at = text.IndexOf('{', at)) >= 0; candidate++)
        {
            var read = JsonRepair.TryObject(text, at);
            var document = read is null ? null : Parse(read.Json, ref problem);
            if (read is null)
            {
                problem = $"the JSON object at character {at + 1} is broken beyond small repairs";
            }

            at = document is null ? at + 1 : read!.End;
            if (document is null || !Marks.Any(m => document.RootElement.TryGetProperty(m, out _)))
            {
                problem = document is null ? problem : $"the JSON object has none of {string.Join(", ", Marks)}";
                document?.Dispose();
            }
            else if (found is not null)
            {
                document.Dispose();
                found.Dispose();
                return (null, [], "the text holds more than one plan; allowed: one");
            }
            else
            {
                (found, repaired) = (document, read);
            }
        }

        return found is null ? (null, [], problem) : (found, [.. Surroundings(text), .. repaired!.Repairs], null);
    }

    private static JsonDocument? Parse(string json, ref string problem)
    {
        try
        {
            return JsonDocument.Parse(json, Strict);
        }
        catch (JsonException error)
        {
            problem = $"the JSON object is not valid: {error.Message}";
            return null;
        }
    }

    private static IEnumerable<string> Surroundings(string text)
    {
        var trimmed = text.AsSpan().Trim();
        return trimmed.Length > 0 && trimmed[0] == '{' && trimmed[^1] is not '`' ? []
            : text.Contains("```", StringComparison.Ordinal) ? ["removed code fences"] : ["removed text around the object"];
    }
}

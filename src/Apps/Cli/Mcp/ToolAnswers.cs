using System.Text.Json;
using ModelContextProtocol.Protocol;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Cli.Mcp;

/// <summary>What tools answer: JSON of bounded length, or an error that a model can act on.</summary>
internal static class ToolAnswers
{
    /// <summary>Characters of an answer; beyond them a model's context suffers more than the answer helps.</summary>
    private const int Longest = 64 * 1024;

    /// <summary>Expected failures become errors of the tool; a defect does too, without its details, which go to the log.</summary>
    public static async Task<CallToolResult> RunAsync(Func<Task<object>> tool, TextWriter log)
    {
        try
        {
            var text = JsonSerializer.Serialize(await tool(), QuorateJson.Options);
            return text.Length <= Longest ? Of(text, isError: false)
                : Of($"answer_too_long: {text.Length} characters; at most {Longest} are given (ask for less, such as a smaller limit)", isError: true);
        }
        catch (QuorateException error)
        {
            return Of($"{error.Code}: {error.Message}{(error.Hint is null ? "" : $" ({error.Hint})")}", isError: true);
        }
        catch (PlatformException error)
        {
            return Of($"platform: {error.Message}", isError: true);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            await log.WriteLineAsync($"A defect in a tool: {error}");
            return Of("internal: this is a defect of Quorate; its log (stderr) says more", isError: true);
        }
    }

    /// <exception cref="QuorateException">Input: outside its range.</exception>
    public static string Checked(string name, string? text, int longest) => text is { Length: > 0 } && text.Length <= longest && !string.IsNullOrWhiteSpace(text) ? text
        : throw QuorateException.Input(name + "_length", $"{name} has {text?.Length ?? 0} characters; 1 to {longest} are allowed");

    private static CallToolResult Of(string text, bool isError) => new() { Content = [new TextContentBlock { Text = PlainText.Clean(text) }], IsError = isError };
}

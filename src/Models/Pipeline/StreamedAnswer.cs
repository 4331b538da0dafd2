using System.Text;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Pipeline;

/// <summary>Keeps what a stream has given so far. Not thread-safe.</summary>
internal sealed class StreamedAnswer
{
    private readonly StringBuilder _text = new();
    private string? _model;
    private ChatFinishReason? _finish;

    public string Text => _text.ToString();

    public UsageDetails? Usage { get; private set; }

    public void Add(ChatResponseUpdate update)
    {
        for (var i = 0; i < update.Contents.Count; i++)
        {
            if (update.Contents[i] is TextContent { Text: { Length: > 0 } text })
            {
                _text.Append(text);
            }
        }

        _model ??= update.ModelId;
        _finish = update.FinishReason ?? _finish;
        Usage = update.Usage() ?? Usage;
    }

    public ChatResponse ToResponse() =>
        new(new ChatMessage(ChatRole.Assistant, Text)) { ModelId = _model, FinishReason = _finish, Usage = Usage };
}

using System.Text;
using Microsoft.Extensions.AI;

namespace Quorate.Models;

/// <summary>US dollars for a million tokens.</summary>
public sealed record TokenPrice(decimal InputPerMillion, decimal OutputPerMillion)
{
    /// <summary>Marks that surround a message in chat templates take fewer tokens than this.</summary>
    private const int TokensPerMessage = 16;
    private const decimal Million = 1_000_000;

    public static TokenPrice Free { get; } = new(0, 0);

    public bool IsFree => InputPerMillion == 0 && OutputPerMillion == 0;

    /// <summary>What a call costs at the most: no tokeniser makes more tokens of a text than it has bytes, nor an answer more than allowed.</summary>
    public decimal WorstCase(IEnumerable<ChatMessage> messages, int maxTokens) =>
        IsFree ? 0 : Of(messages.Sum(m => (long)Encoding.UTF8.GetByteCount(m.Text) + TokensPerMessage), maxTokens);

    /// <summary>Null when the server did not count.</summary>
    public decimal? Of(UsageDetails? usage) =>
        usage is { InputTokenCount: { } input, OutputTokenCount: { } output } ? Of(input, output) : null;

    private decimal Of(long input, long output) => ((input * InputPerMillion) + (output * OutputPerMillion)) / Million;
}

using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Providers;

/// <summary>
/// Turns the body of a streamed completion into updates: one for each piece of text, an empty one for each other sign of life, and a
/// last one with finish reason and usage. Ends with <see cref="ModelException"/> when the body does not end as the protocol says.
/// </summary>
internal static class OpenAiStream
{
    private const byte Brace = (byte)'{';

    public static async IAsyncEnumerable<ChatResponseUpdate> ReadAsync(Stream body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var lines = new SseReader(body);
        if (!await StartAsync(lines, cancellationToken))
        {
            throw ProviderFailures.Empty(null, "", 200);
        }

        if (lines.Buffered.Span.TrimStart(" \t\r\n"u8) is [Brace, ..])
        {
            foreach (var update in Completion.Read(await BoundedBody.ReadAsync(body, lines.Buffered, cancellationToken), 200).ToChatResponseUpdates())
            {
                yield return update;
            }

            yield break;
        }

        var state = new State();
        while (!state.Done && await lines.ReadAsync(cancellationToken))
        {
            if (state.Take(lines) is { } update)
            {
                yield return update;
            }
        }

        yield return state.End();
    }

    private static async ValueTask<bool> StartAsync(SseReader lines, CancellationToken cancellationToken)
    {
        while (await lines.FillAsync(cancellationToken))
        {
            if (!lines.Buffered.Span.TrimStart(" \t\r\n"u8).IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What of the stream has been seen.</summary>
    private sealed class State
    {
        private string? _model;
        private string? _finish;
        private StringBuilder? _refusal;
        private UsageDetails? _usage;
        private bool _anyText;

        /// <summary>The end mark was read.</summary>
        public bool Done { get; private set; }

        /// <summary>The line's update; null for a line without meaning.</summary>
        public ChatResponseUpdate? Take(SseReader lines)
        {
            var line = lines.Line.Span;
            if (!line.StartsWith("data:"u8))
            {
                // A comment or a field of no interest: a sign of life, if it is not only the end of an event.
                return line.IsEmpty ? null : Life();
            }

            var data = line["data:"u8.Length..].Trim((byte)' ');
            if (data.SequenceEqual("[DONE]"u8))
            {
                Done = true;
                return null;
            }

            try
            {
                return Take(StreamChunk.Read(data, _model is null));
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException)
            {
                throw lines.Partial ? Cut(error) : ProviderFailures.Malformed(line, 200, error);
            }
        }

        public ChatResponseUpdate End()
        {
            if (!Done && _finish is null)
            {
                throw Cut(null);
            }

            if (_finish == "content_filter" || (!_anyText && _refusal is not null))
            {
                throw ProviderFailures.Filtered(_refusal?.ToString(), "", 200);
            }

            if (!_anyText)
            {
                throw ProviderFailures.Empty(_finish, "", 200);
            }

            var last = new ChatResponseUpdate { Role = ChatRole.Assistant, ModelId = _model, FinishReason = Completion.Finish(_finish) };
            if (_usage is not null)
            {
                last.Contents.Add(new UsageContent(_usage));
            }

            return last;
        }

        private ChatResponseUpdate Take(StreamChunk chunk)
        {
            _model ??= chunk.Model;
            _finish = chunk.Finish ?? _finish;
            _usage = chunk.Usage ?? _usage;
            if (chunk.Refusal is { Length: > 0 } refusal)
            {
                (_refusal ??= new StringBuilder()).Append(refusal);
            }

            if (string.IsNullOrEmpty(chunk.Text))
            {
                return Life();
            }

            _anyText = _anyText || !string.IsNullOrWhiteSpace(chunk.Text);
            return new ChatResponseUpdate(ChatRole.Assistant, chunk.Text) { ModelId = _model };
        }

        private static ChatResponseUpdate Life() => new() { Role = ChatRole.Assistant };

        private static ModelException Cut(Exception? inner) =>
            new(ModelFailure.Cut, "the server ended the stream before its answer was complete", inner) { Status = 200 };
    }
}

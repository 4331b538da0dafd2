using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Providers.Embedded;

/// <summary>Answers from documents by retrieval and rules: no language model, no network, the same answer every time.</summary>
internal sealed class EmbeddedChatClient(string name, string signature, IRetrieval retrieval, DocumentLibrary library) : IChatClient
{
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var asked = messages.ToList();
        // Indexing and ranking take milliseconds of computing: members that are asked together share the processors.
        var text = await Task.Run(() => Answer(Question.Read(asked)), cancellationToken);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, text)) { ModelId = name, FinishReason = ChatFinishReason.Stop };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var text = (await GetResponseAsync(messages, options, cancellationToken)).Text;
        for (var start = 0; start < text.Length;)
        {
            var space = text.IndexOf(' ', start);
            var end = space < 0 ? text.Length : space + 1;
            yield return new ChatResponseUpdate(ChatRole.Assistant, text[start..end]) { ModelId = name };
            start = end;
        }

        yield return new ChatResponseUpdate { Role = ChatRole.Assistant, ModelId = name, FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType.IsInstanceOfType(this) ? this
        : serviceType == typeof(DocumentLibrary) ? library
        : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("embedded", providerUri: null, name)
        : null;

    public void Dispose()
    {
    }

    private string Answer(Question question)
    {
        var index = library.Current();
        if (question.Choices.Count == 0 && !question.WantsYesOrNo)
        {
            var found = retrieval.Find(index, question.Text);
            return found.Count == 0 ? NotFound : $"{Quote(found)}\n\n— {signature}: sentences quoted from the documents.";
        }

        var vote = question.WantsYesOrNo ? VoteRules.YesOrNo(index, retrieval, question.Text) : VoteRules.Choose(index, retrieval, question);
        return string.Create(CultureInfo.InvariantCulture, $"""
            ANSWER: {vote.Answer}
            CONFIDENCE: {Math.Clamp(vote.Confidence, 0, 1):0.00}
            {(vote.Evidence.Count == 0 ? NotFound : $"{Quote(vote.Evidence)}\n\n— {signature}: sentences quoted from the documents, the vote read from their words by rule.")}
            """);
    }

    private string NotFound => EmbeddedMembers.NotFound + library.Names;

    /// <summary>Sentences of one passage together, each passage with its citation.</summary>
    private static string Quote(IReadOnlyList<Evidence> evidence) =>
        string.Join('\n', evidence.Select(e => e.Sentence).GroupBy(s => s.Passage).Select(g => $"{string.Join(' ', g.OrderBy(s => s.Position).Select(s => s.Text))} [{g.Key.Citation}]"));
}

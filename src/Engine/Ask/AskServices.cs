using Quorate.Engine.Ask.Certificates;
using Quorate.Models.Panel;

namespace Quorate.Engine.Ask;

/// <summary>What the ask engine works with.</summary>
public sealed record AskServices
{
    /// <summary>The panel as it is configured now; a question keeps the one that it began with.</summary>
    public required Func<IModelPanel> Panel { get; init; }

    /// <summary>Members that need no network, asked when nobody else has answered; null for none.</summary>
    public IModelPanel? Embedded { get; init; }

    public required IAskJournal Journal { get; init; }

    /// <summary>Null: outcomes are not signed.</summary>
    public IMemberKeys? Keys { get; init; }

    /// <summary>Vectors of texts, in their order, by an embedding model; null, or a null result, for the embedded vectoriser.</summary>
    public Func<IReadOnlyList<string>, CancellationToken, Task<TextEmbeddings?>>? Embeddings { get; init; }

    public AskOptions Options { get; init; } = new();

    public required TimeProvider Time { get; init; }
}

/// <param name="Model">The model's name.</param>
/// <param name="Vectors">One for each text, all of the same length.</param>
public sealed record TextEmbeddings(string Model, IReadOnlyList<IReadOnlyList<float>> Vectors);

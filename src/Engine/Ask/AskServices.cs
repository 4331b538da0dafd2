using Microsoft.Extensions.AI;
using Quorate.Engine.Panels;
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

    /// <summary>Makes vectors of answers; null for the embedded vectoriser, which also stands in for one that fails.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; init; }

    /// <summary>Members that nothing should rely on now: they are asked, but others summarise.</summary>
    public Func<string, bool> IsDown { get; init; } = _ => false;

    public AskOptions Options { get; init; } = new();

    public required TimeProvider Time { get; init; }
}

using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Quorate.Contracts;
using Quorate.Engine.Ask;
using Quorate.Engine.Ports;
using Quorate.Models.Panel;
using Quorate.Server.Ports;

namespace Quorate.Server;

/// <summary>What the server works with; whoever builds it opens and closes these.</summary>
public sealed record ServerParts
{
    public required IAskEngine Ask { get; init; }

    /// <summary>The panel as configured at the moment.</summary>
    public required Func<IModelPanel> Panel { get; init; }
    public required IAskCatalog Catalog { get; init; }
    public required IChartRenderer Charts { get; init; }
    public required IAgentHealth Health { get; init; }
    public required IAskJobStore Jobs { get; init; }
    public required IAccountStore Accounts { get; init; }
    public required TimeProvider Time { get; init; }

    /// <summary>Must be unguessable: ids of jobs come from here.</summary>
    public required IIdSource Ids { get; init; }

    /// <summary>The configured model of vectors; null when there is none.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; init; }

    /// <summary>Where the log goes; null: nowhere.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }
}

using Quorate.Engine.Ask.Catalog;
using Quorate.Server.Ports;

namespace Quorate.Cli.Serving;

/// <summary>The ask engine's own catalogue.</summary>
internal sealed class AskCatalog : IAskCatalog
{
    public IReadOnlyDictionary<string, string> Domains { get; } = Domain.All.ToDictionary(d => d.Name, d => d.Prefix);

    public IReadOnlyList<string> Roles { get; } = [.. EthicalRole.All.Select(r => r.Name)];

    public IReadOnlyDictionary<string, IReadOnlyList<ExampleQuestion>> Examples { get; } =
        ExampleQuestions.ByDomain.ToDictionary(d => d.Key, d => (IReadOnlyList<ExampleQuestion>)[.. d.Value.Select(e => new ExampleQuestion(e.Value, e.Key))]);
}

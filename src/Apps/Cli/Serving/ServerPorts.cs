using Quorate.Charts;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Catalog;
using Quorate.Models.Health;
using Quorate.Server.Ports;

namespace Quorate.Cli.Serving;

internal sealed class EngineCatalog : IAskCatalog
{
    public IReadOnlyDictionary<string, string> Domains { get; } = Domain.All.ToDictionary(d => d.Name, d => d.Prefix);

    public IReadOnlyList<string> Roles { get; } = [.. EthicalRole.All.Select(r => r.Name)];

    public IReadOnlyDictionary<string, IReadOnlyList<ExampleQuestion>> Examples { get; } = ExampleQuestions.ByDomain.ToDictionary(
        d => d.Key, d => (IReadOnlyList<ExampleQuestion>)[.. d.Value.Select(e => new ExampleQuestion(e.Value, e.Key))]);
}

internal sealed class SvgCharts : IChartRenderer
{
    public IReadOnlyList<string> Kinds => ChartFiles.Kinds;

    public Task<string> RenderAsync(ResponseAnalysis analysis, string kind, CancellationToken cancellationToken) => ChartFiles.RenderAsync(analysis, kind);
}

internal sealed class MonitoredHealth(HealthMonitor monitor) : IAgentHealth
{
    /// <summary>After its first failure each further one was an attempt to reach the member again.</summary>
    public IReadOnlyList<AgentState> Snapshot() =>
        [.. monitor.Snapshot().Select(a => new AgentState(a.Agent, a.Status.ToString().ToLowerInvariant(), a.LastHeartbeat, a.ConsecutiveFailures, Math.Max(0, a.ConsecutiveFailures - 1)))];

    public bool Reset(string member)
    {
        if (monitor.Snapshot().All(a => a.Agent != member))
        {
            return false;
        }

        try
        {
            monitor.Reset(member);
            return true;
        }
        catch (QuorateException)
        {
            // A reload has just taken it out of the panel.
            return false;
        }
    }
}

using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Votes;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Storage.Keys;
using Quorate.Tests.Integration.Models;

namespace Quorate.Tests.Integration.Place;

/// <summary>Five agents of one pool each, and for each a model server of its own that answers by a script.</summary>
internal sealed class AgentModels : IAsyncDisposable
{
    public static readonly ClusterSpec Cluster = new()
    {
        Name = "five",
        Agents = [.. Enumerable.Range(0, 5).Select(i => new AgentSpec { Name = $"a{i}", Speciality = i == 0 ? "compute" : "general", Nodes = 4, Node = new NodeSpec { CpuCores = 16, MemoryGb = 64 }, Model = $"m{i}" })],
    };

    private readonly string _home = Directory.CreateTempSubdirectory("quorate-votes-").FullName;

    private AgentModels(IReadOnlyList<ScriptedModelServer> servers) => Servers = servers;

    /// <summary>In the agents' order.</summary>
    public IReadOnlyList<ScriptedModelServer> Servers { get; }

    public static async Task<AgentModels> StartAsync(CancellationToken cancellationToken)
    {
        var servers = new List<ScriptedModelServer>();
        for (var i = 0; i < Cluster.Agents.Count; i++)
        {
            servers.Add(await ScriptedModelServer.StartAsync(cancellationToken));
        }

        return new AgentModels(servers);
    }

    /// <summary>Places the jobs one after another, each with a round of its own.</summary>
    /// <param name="jobs">Short names.</param>
    /// <param name="deadline">Seconds that a call may take.</param>
    /// <param name="graceMs">Milliseconds that a decided round waits for those who are late.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public async Task<PlacementResult> PlaceAsync(IReadOnlyList<JobSpec> jobs, double deadline, double graceMs, CancellationToken cancellationToken)
    {
        var members = Cluster.Agents.Select((a, i) => new MemberSettings { Name = a.Model!, Model = ModelConfig.Create(null, Servers[i].Endpoint.ToString(), "test-model") with { Deadline = TimeSpan.FromSeconds(deadline), MaxRetries = 1 } });
        var settings = new PanelSettings { Members = [.. members], Pipeline = new PipelineSettings { Cache = false } };
        await using var panel = ModelPanel.Create(settings, [], (_, _) => Task.CompletedTask, TimeProvider.System, new Ids(), new Random(1));
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = "run",
            Cluster = Cluster,
            Keys = new MemberKeys(Path.Combine(_home, "keys"), null),
            Clock = new RealClock(TimeProvider.System),
            Voter = (agent, number) => new ModelVoter(agent, number, panel, panel.Members.Single(m => m.Name == agent.Model), "run", TimeProvider.System),
            Group = new AgentGroupOptions { GraceMs = graceMs, ConsensusTimeoutMs = 60_000, ViewTimeoutMs = 2_000 },
            Options = new PlacementOptions { UntilEnd = false },
        });
        return await session.Engine.RunAsync(jobs, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }

        Directory.Delete(_home, recursive: true);
    }

    private sealed class Ids : IIdSource
    {
        private int _last;

        public string Next(string prefix) => $"{prefix}-{Interlocked.Increment(ref _last)}";
    }
}

using Quorate.Contracts.Placing;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Messages;
using Quorate.Engine.Panels;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Backends;
using Quorate.Engine.Place.Choosers;
using Quorate.Engine.Place.Recording;
using Quorate.Engine.Place.Votes;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Messaging;

namespace Quorate.Engine.Place;

/// <summary>A cluster's agents, with their keys opened, and the engine that they decide for; for one run.</summary>
public sealed class PlacementSession : IDisposable
{
    private readonly MemberContexts _contexts;

    private PlacementSession(MemberContexts contexts, PlacementEngine engine) => (_contexts, Engine) = (contexts, engine);

    public PlacementEngine Engine { get; }

    /// <summary>The agents' public keys.</summary>
    public OutcomeGroup Group => _contexts.Group;

    /// <param name="setup">What differs from the usual.</param>
    /// <exception cref="Contracts.QuorateException">Keys that cannot be used, or more agents than a group may have.</exception>
    public static PlacementSession Open(PlacementSetup setup)
    {
        var (cluster, group) = (setup.Cluster, setup.Group);
        var options = new ConsensusOptions { Clients = 1, ViewTimeout = group.ViewTimeoutMs, RetryInterval = Math.Max(1, group.ViewTimeoutMs / 4) };
        var (name, agents, rules) = ("placement-" + setup.History.NameOf(setup.RunId), cluster.Agents.Select(a => a.Name).ToList(), new PlacementRules(cluster));
        var contexts = setup.Keys is { } keys ? MemberContexts.Open(keys, name, agents, _ => rules, options) : MemberContexts.Simulated(name, agents, _ => rules, options, seed: 1);
        var voters = cluster.Agents.Select((a, i) => setup.Voter(a, i)).ToList();
        var bus = setup.Bus ?? setup.CreateBus();
        var time = setup.Time ?? new VirtualJobTime();
        var backend = setup.Backend?.Invoke(time) ?? Simulated(cluster, time);
        return new PlacementSession(contexts, new PlacementEngine(new PlacementParts
        {
            RunId = setup.RunId,
            Cluster = cluster,
            Group = new AgentGroup(cluster, setup.RunId, contexts.Members, contexts.Client, voters, setup.Faults, bus, group with { Choices = setup.Chooser.Certified }, setup.History),
            Keys = contexts.Group,
            Faults = setup.Faults,
            Clock = setup.Clock,
            Backend = backend,
            Time = time,
            Chooser = setup.Chooser,
            Observer = setup.Chooser is IPlacementObserver too ? new Observers(too, setup.Observer) : setup.Observer,
            Journal = setup.Journal,
            History = setup.History,
            Options = setup.Options,
        }));
    }

    public void Dispose() => _contexts.Dispose();

    private static SimulatedBackend Simulated(ClusterSpec cluster, IJobTime time)
    {
        var virtually = (VirtualJobTime)time;
        var backend = new SimulatedBackend(cluster, virtually);
        virtually.NextEnd = () => backend.NextEnd;
        return backend;
    }
}

/// <summary>What a session is made of. The clock of agreement and the cluster's time are two: jobs that take hours are simulated in no time, agreement is as fast as it is.</summary>
public sealed record PlacementSetup
{
    public required string RunId { get; init; }

    public required ClusterSpec Cluster { get; init; }

    /// <summary>Null: stand-ins for signatures, for simulations; certificates then prove nothing to anybody outside.</summary>
    public required IMemberKeys? Keys { get; init; }

    public required IGroupClock Clock { get; init; }

    /// <summary>How an agent, by its number, comes to its votes.</summary>
    public Func<AgentSpec, int, IVoter> Voter { get; init; } = (agent, number) => new RuleVoter(number, agent.Name);

    public IAgentFaults Faults { get; init; } = new NoFaults();

    public AgentGroupOptions Group { get; init; } = new();

    /// <summary>Carries what agents say, with the clock of agreement; the agents and <see cref="MemberContexts.ClientName"/> are on it. Null: one as <see cref="CreateBus"/> makes it.</summary>
    public IAgentBus? Bus { get; init; }

    public IPoolChooser Chooser { get; init; } = new FitChooser();

    public IPlacementObserver Observer { get; init; } = PlacementParts.Nobody;

    public PlacementOptions Options { get; init; } = new();

    /// <summary>Null: nothing is kept.</summary>
    public PlacementJournal? Journal { get; init; }

    /// <summary>Of a run that goes on; its clock then tells the time since the run began.</summary>
    public PlacementHistory History { get; init; } = PlacementHistory.None;

    /// <summary>Null: virtual.</summary>
    public IJobTime? Time { get; init; }

    /// <summary>Null: simulated; needs virtual time.</summary>
    public Func<IJobTime, IJobBackend>? Backend { get; init; }

    /// <summary>Names of all who are on the bus.</summary>
    public IReadOnlyList<string> Speakers => [.. Cluster.Agents.Select(a => a.Name), MemberContexts.ClientName];

    /// <summary>What the faults do to the bus's links, by name; null: nothing.</summary>
    public Func<string, string, Passage>? Links()
    {
        if (Faults is NoFaults && Group.LinkMs == 0)
        {
            return null;
        }

        var numbers = Cluster.Agents.Select((a, i) => (a.Name, i)).ToDictionary(a => a.Name, a => a.i, StringComparer.Ordinal);
        return (from, to) => Faults.Pass(numbers.GetValueOrDefault(from, -1), numbers.GetValueOrDefault(to, -1), Group.LinkMs);
    }

    /// <summary>In this process's memory, moved on by the clock.</summary>
    public IAgentBus CreateBus() => new VirtualAgentBus(Speakers, Clock, Links());
}

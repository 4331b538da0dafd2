using Quorate.Cli.Asking;
using Quorate.Cli.Common;
using Quorate.Cli.Messaging;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Coordination;
using Quorate.Engine.Panels;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Backends;
using Quorate.Engine.Place.Choosers;
using Quorate.Engine.Place.Recording;
using Quorate.Engine.Place.Votes;
using Quorate.Faults.Agents;
using Quorate.Models.Panel;
using Quorate.Platforms.Slurm;

namespace Quorate.Cli.Placing;

/// <summary>Puts a run together: keys of the home, models of the configuration, real time for agreement, and the backend.</summary>
internal sealed class PlacementComposition : IAsyncDisposable
{
    /// <summary>How often a real backend is looked at.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>A broker writes down what it carries, so ballots that are not needed any more come later.</summary>
    private const double BrokerGraceMs = 500;

    private readonly SlurmBackend? _slurm;

    private readonly EndpointBus _bus;

    private PlacementComposition(PlacementSession session, PlacementJournal journal, EndpointBus bus, SlurmBackend? slurm) => (Session, Journal, _bus, _slurm) = (session, journal, bus, slurm);

    public PlacementSession Session { get; }

    public PlacementJournal Journal { get; }

    /// <summary>What proposals rest on beside the fit; null: nothing.</summary>
    public CertifiedChoices? Choices { get; private init; }

    private DateTimeOffset Began { get; init; }

    /// <summary>Why the agents cannot hear each other at present; null: they can.</summary>
    public string? Trouble => _bus.Trouble;

    /// <exception cref="QuorateException">A model that is not there, keys that cannot be used, or no Slurm.</exception>
    public static async Task<PlacementComposition> OpenAsync(Workspace workspace, PlacementRequest request, CancellationToken token)
    {
        request = request with { Cluster = request.ClusterWithModels() };
        var keys = workspace.OpenMemberKeys("agents");
        var voter = await VotersAsync(workspace, request, token);
        var history = request.Recorded?.History ?? PlacementHistory.None;
        var journal = new PlacementJournal(await workspace.OpenLedgerAsync(token), request.RunId, request.IsReal);
        var began = workspace.Time.GetUtcNow();
        var already = request.Recorded is { } recorded ? began - recorded.Started.At : TimeSpan.Zero;
        var slurm = request.Options.BackendName == PlacementBackends.Slurm ? new SlurmBackend(new SlurmOptions { Mark = request.RunId, Cluster = request.Cluster }, workspace.Time) : null;
        EndpointBus? bus = null;
        try
        {
            var setup = new PlacementSetup
            {
                RunId = request.RunId,
                Cluster = request.Cluster,
                Keys = keys,
                Clock = new RealClock(workspace.Time),
                Voter = voter,
                Faults = request.Faults is { } plan ? new AgentFaultInjector(plan, request.Cluster, request.Seed) : new NoFaults(),
                Group = GroupOf(workspace, request),
                Observer = request.Observer,
                Options = request.Options,
                Journal = journal,
                History = history,
                Time = slurm is null ? null : new RealJobTime(workspace.Time, Poll, already > TimeSpan.Zero ? already : TimeSpan.Zero),
                Backend = slurm is null ? null : _ => slurm,
            };
            bus = await OpenBusAsync(workspace, request, setup, keys, token);
            var chooser = ChooserOf(workspace, request, keys, bus);
            var session = PlacementSession.Open(setup with { Clock = bus.Clock, Bus = bus, Chooser = chooser });
            return new PlacementComposition(session, journal, bus, slurm) { Began = began, Choices = chooser.Certified };
        }
        catch
        {
            await (bus?.DisposeAsync() ?? ValueTask.CompletedTask);
            slurm?.Dispose();
            throw;
        }
    }

    /// <summary>Makes it durable that the run has begun, or goes on. Nothing is decided before that.</summary>
    public Task BeginAsync(PlacementRequest request, CancellationToken token) => request.Recorded is not null
        ? Journal.ResumedAsync(Session.Group, token)
        : Journal.StartedAsync(
            new PlaceStarted
            {
                At = Began,
                Cluster = QuorateJson.Serialize(request.Cluster),
                Jobs = request.Jobs.Count,
                Options = request.Options,
                TimeoutMs = request.TimeoutMs,
                Model = request.Model,
                Faults = request.Faults,
                Seed = request.Seed,
                Group = Session.Group,
            },
            request.Jobs,
            token);

    private static IPoolChooser ChooserOf(Workspace workspace, PlacementRequest request, IMemberKeys keys, EndpointBus bus) => request.Options.Protocol switch
    {
        PlacementOptions.Auction => new AuctionChooser(request.Cluster, NameOf(request), new AuctionHouse(keys, workspace.Time, new AuctionOptions { Bus = bus }), request.Jobs),
        PlacementOptions.Hierarchy => new HierarchyChooser(request.Cluster, NameOf(request), request.Jobs, bus),
        _ => new FitChooser(),
    };

    /// <summary>What goes on has messages and auctions of its own.</summary>
    private static string NameOf(PlacementRequest request) => (request.Recorded?.History ?? PlacementHistory.None).NameOf(request.RunId);

    private static async Task<EndpointBus> OpenBusAsync(Workspace workspace, PlacementRequest request, PlacementSetup setup, IMemberKeys keys, CancellationToken token)
    {
        var journal = (await workspace.OpenStoreAsync(token)).Messages;
        if (request.Broker is not { } broker)
        {
            return await AgentBuses.InProcessAsync(setup.Speakers, setup.Links(), journal, workspace.Time, token);
        }

        var bus = await AgentBuses.RabbitMqAsync(broker, NameOf(request), keys, setup.Speakers, setup.Links(), journal, workspace.Time, token);
        try
        {
            await AgentBuses.MustBeUpAsync(bus, workspace.Time, token);
            return bus;
        }
        catch
        {
            await bus.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _bus.DisposeAsync();
        Session.Dispose();
        _slurm?.Dispose();
    }

    /// <summary>Models differ in speed, so a decided round waits for theirs as a question's does. Slowness is a factor, so a link that takes no time cannot be slow.</summary>
    private static AgentGroupOptions GroupOf(Workspace workspace, PlacementRequest request)
    {
        var usual = new AgentGroupOptions { ConsensusTimeoutMs = request.TimeoutMs, LinkMs = request.Faults is null ? 0 : 1 };
        usual = request.Broker is null ? usual : usual with { GraceMs = BrokerGraceMs };
        return VotesByModel(request) ? usual with { GraceMs = 1000 * workspace.Config.Ask.GraceSeconds } : usual;
    }

    private static bool VotesByModel(PlacementRequest request) => request.Cluster.Agents.Any(a => a.Model is not null);

    private static async Task<Func<AgentSpec, int, IVoter>> VotersAsync(Workspace workspace, PlacementRequest request, CancellationToken token)
    {
        if (!VotesByModel(request))
        {
            return (agent, number) => new RuleVoter(number, agent.Name);
        }

        var panel = await workspace.OpenModelPanelAsync(AskParts.Embedded(workspace, []), token);
        foreach (var skipped in panel.Skipped)
        {
            workspace.Output.Line($"[grey]{Output.Safe(skipped.Member)} is left out, {Output.Safe(skipped.Variable)} is not set: its agents vote by rules[/]");
        }

        return (agent, number) => Choose(panel, agent, number, agent.Model!, request.RunId, workspace.Time);
    }

    private static IVoter Choose(ModelPanel panel, AgentSpec agent, int number, string name, string run, TimeProvider time)
    {
        if (panel.Skipped.Any(s => s.Member == name))
        {
            return new RuleVoter(number, agent.Name);
        }

        var writers = panel.Members.Where(m => !m.Embedded).ToList();
        var member = writers.FirstOrDefault(m => m.Name == name)
            ?? throw QuorateException.Input("model_unknown", $"the model of {agent.Name} is '{PlainText.Line(name, 60)}'", writers.Count == 0 ? "no language model is configured: quorate models says how" : $"allowed: {string.Join(", ", writers.Select(m => m.Name))}");
        return new ModelVoter(agent, number, panel, member, run, time);
    }
}

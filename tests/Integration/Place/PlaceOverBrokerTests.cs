using System.Collections.Concurrent;
using Quorate.Cli.Messaging;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Choosers;
using Quorate.Engine.Place.Files;
using Quorate.Storage;
using Quorate.Storage.Keys;
using Quorate.Tests.Integration.Cli;
using Quorate.Tests.Integration.Messaging;

namespace Quorate.Tests.Integration.Place;

/// <summary>Agents whose opinions and roles travel over a real RabbitMQ, with the outboxes in a real store.</summary>
[Collection(RabbitMqTestGroup.Name)]
public sealed class PlaceOverBrokerTests(RabbitMqFixture broker) : IAsyncLifetime
{
    private static readonly ClusterSpec Cluster = ClusterFileReader.Read(File.ReadAllText(Path.Combine(QuorateCli.Root, "lab/clusters/five-agents.json")));
    private static readonly IReadOnlyList<JobSpec> Jobs = JobFileReader.Read(File.ReadAllText(Path.Combine(QuorateCli.Root, "lab/workloads/jobs-30.json")));

    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-place-broker-").FullName;
    private FileKeyRing _ring = null!;
    private QuorateStore _store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _ring = FileKeyRing.Open(Path.Combine(_folder, "keys"), TimeProvider.System, passphrase: null);
        _store = await QuorateStore.OpenAsync(Path.Combine(_folder, "quorate.db"), _ring, TimeProvider.System, cancellationToken: Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _ring.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Broker_KilledInTheMiddle_RunWaitsAndPlacesEveryJobOnce()
    {
        var keys = new MemberKeys(Path.Combine(_folder, "agents"), passphrase: null);
        var watch = new Placed();
        var setup = new PlacementSetup
        {
            RunId = "killed",
            Cluster = Cluster,
            Keys = keys,
            Clock = new RealClock(TimeProvider.System),
            Observer = watch,
            Group = new AgentGroupOptions { ConsensusTimeoutMs = 3_000, GraceMs = 200 },
            Options = new PlacementOptions { MaxUndecided = 20, BusPatienceS = 120, UntilEnd = false },
        };
        await using var bus = await AgentBuses.RabbitMqAsync(broker.Address, setup.RunId, keys, setup.Speakers, null, _store.Messages, TimeProvider.System, Token);
        await AgentBuses.MustBeUpAsync(bus, TimeProvider.System, Token);
        using var session = PlacementSession.Open(setup with { Clock = bus.Clock, Bus = bus, Chooser = new HierarchyChooser(Cluster, setup.RunId, Jobs, bus) });
        var running = session.Engine.RunAsync(Jobs, Token);
        await Wait.UntilAsync(() => watch.Jobs.Count >= 5, TimeSpan.FromSeconds(30), "five jobs are placed");
        await broker.KillAsync();
        await Wait.UntilAsync(() => bus.Trouble is not null, TimeSpan.FromSeconds(30), "the bus says that messages do not travel");
        var before = watch.Jobs.Count;
        Assert.InRange(before, 5, Jobs.Count - 1);
        Assert.False(running.IsCompleted);
        Assert.Contains("the broker amqp://127.0.0.1:", bus.Trouble, StringComparison.Ordinal);
        Assert.DoesNotContain("guest", bus.Trouble, StringComparison.Ordinal);
        await broker.StartAsync();
        var result = await running;

        Assert.All(result.Jobs, j => Assert.True(j.Outcome == PlacementOutcome.Placed, $"{j.Name}: {j.Outcome} {j.Reason}"));
        Assert.Equal(Jobs.Select(j => j.Name).Order(), watch.Jobs.Order());
        Assert.True(watch.ByRole > before, $"{watch.ByRole} of {Jobs.Count} by their roles");
        Assert.DoesNotContain(result.Findings, f => f.Proven);
    }

    private sealed class Placed : IPlacementObserver
    {
        private int _byRole;

        public ConcurrentQueue<string> Jobs { get; } = new();

        public int ByRole => _byRole;

        public void On(PlacementProgress progress)
        {
            if (progress is { Round: { } round, Applied: { } applied })
            {
                foreach (var (proposal, _) in round.Record.Proposals.Zip(applied.Placed).Where(p => p.Second))
                {
                    Jobs.Enqueue(proposal.Job);
                    _byRole += proposal.Basis?.StartsWith("hierarchy", StringComparison.Ordinal) == true ? 1 : 0;
                }
            }
        }
    }
}

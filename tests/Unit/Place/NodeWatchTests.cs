using Quorate.Contracts.Placing;
using Quorate.Engine.Panels;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;

namespace Quorate.Tests.Unit.Place;

public sealed class NodeWatchTests : IDisposable
{
    private readonly MemberContexts _contexts = Records.Contexts();
    private readonly PlacementState _state = new(Records.Cluster, Records.Run);
    private readonly Backend _backend = new();
    private readonly Clock _clock = new();
    private readonly NodeWatch _watch;

    public NodeWatchTests() => _watch = new NodeWatch(_backend, _clock, n => _backend.Running.GetValueOrDefault(n.Name) ?? []);

    public void Dispose() => _contexts.Dispose();

    [Fact]
    public async Task Nodes_OfTheirOwnNames_AreTakenFromUseAndGivenBack()
    {
        await SeeAsync(Node("a-2", BackendNodeState.Down), Node("a-0", BackendNodeState.Idle));
        Assert.Equal([new("a", 2, "a-2", IsUp: false)], Tell());
        Assert.Empty(_watch.Propose(_state));
        await SeeAsync(Node("a-2", BackendNodeState.Allocated), Node("a-0", BackendNodeState.Drained));
        Assert.Equal([new("a", 2, "a-2", IsUp: true), new("a", 0, "a-0", IsUp: false)], Tell());
        Assert.Equal(3, _state.Cluster.Pools[0].NodesUp);
    }

    [Fact]
    public async Task Drained_UnderAJob_TakesThePartThatTheJobHolds()
    {
        Apply(Records.After(_state, Records.Proposal("j", "a", [1])));
        _backend.Running["n7"] = ["j"];
        await SeeAsync(Node("n7", BackendNodeState.Drained));
        Assert.Equal([new("a", 1, "n7", IsUp: false)], Tell());
    }

    [Fact]
    public async Task Down_UnderAJob_TakesTheEmptiestBecauseTheJobGoesOnElsewhere()
    {
        Apply(Records.After(_state, Records.Proposal("j", "a", [3])));
        _backend.Running["n7"] = ["j"];
        await SeeAsync(Node("n7", BackendNodeState.Down), Node("n8", BackendNodeState.Drained));
        Assert.Equal([new("a", 2, "n7", IsUp: false), new("a", 1, "n8", IsUp: false)], Tell());
    }

    [Fact]
    public async Task Backend_WithMoreNodesOutThanThePoolHas_TakesEachOnce()
    {
        await SeeAsync([.. Enumerable.Range(0, 9).Select(i => Node($"n{i}", BackendNodeState.Down))]);
        Assert.Equal([0, 1, 2, 3], Tell().Select(c => c.Node).Order());
        Assert.Empty(_watch.Propose(_state));
        Assert.Equal(0, _state.Cluster.Pools[0].NodesUp);
    }

    [Fact]
    public async Task Backend_LookedAtJustNow_IsNotAskedAgain()
    {
        await SeeAsync(Node("a-0", BackendNodeState.Idle));
        _clock.Now += TimeSpan.FromSeconds(1);
        await _watch.UpdateAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, _backend.Asked);
        _backend.Nodes = null;
        _clock.Now += TimeSpan.FromSeconds(5);
        await _watch.UpdateAsync(TestContext.Current.CancellationToken);
        await _watch.UpdateAsync(TestContext.Current.CancellationToken);
        // No answer: what was seen last still holds, and it is asked again.
        Assert.Equal(3, _backend.Asked);
        Assert.Empty(_watch.Propose(_state));
    }

    private static BackendNode Node(string name, BackendNodeState state) => new(name, "a", state);

    private async Task SeeAsync(params BackendNode[] nodes)
    {
        _backend.Nodes = nodes;
        _clock.Now += TimeSpan.FromMinutes(1);
        await _watch.UpdateAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What is proposed, once the agents have taken note.</summary>
    private IReadOnlyList<NodeChange> Tell()
    {
        var changes = _watch.Propose(_state);
        Apply(Records.After(_state) with { Nodes = changes });
        _watch.Note(changes);
        return changes;
    }

    private void Apply(PlacementRecord record)
    {
        _state.Apply((ulong)record.Round, Records.Decided(_contexts, record));
        Assert.Equal(record.Round, _state.Last.Round);
    }

    private sealed class Clock : IJobTime
    {
        public TimeSpan Now { get; set; }

        public Task<bool> WaitAsync(TimeSpan? moment, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class Backend : IJobBackend
    {
        public IReadOnlyList<BackendNode>? Nodes { get; set; }

        public int Asked { get; private set; }

        public Dictionary<string, string[]> Running { get; } = [];

        public Task<BackendAnswer<IReadOnlyList<BackendNode>>> DescribeAsync(CancellationToken cancellationToken)
        {
            Asked++;
            return Task.FromResult(new BackendAnswer<IReadOnlyList<BackendNode>>(Nodes, Nodes is null ? "down" : null));
        }

        public Task<BackendAnswer<Submission>> SubmitAsync(JobStart start, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<BackendAnswer<IReadOnlyList<BackendJob>>> ObserveAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<BackendAnswer<BackendJob?>> FindAsync(JobStart job, string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<BackendAnswer<bool>> CancelAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}

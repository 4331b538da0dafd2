using System.Globalization;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;

namespace Quorate.Engine.Place.Backends;

/// <summary>
/// Runs nothing: a job starts at once and lasts as long as it says, at most its walltime, by the clock given, which may be a virtual one.
/// Nodes and pools can be failed. A job is told of for an hour after its end. Safe for several threads.
/// </summary>
public sealed class SimulatedBackend(ClusterSpec cluster, TimeProvider time) : IJobBackend
{
    /// <summary>For so long an ended job is still told of.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly ClusterState _state = new(cluster);
    private readonly Dictionary<string, BackendJob> _jobs = [];
    private readonly Dictionary<string, string> _ids = [];
    private readonly string[][] _names = [.. cluster.Agents.Select(a => Enumerable.Range(0, a.Nodes).Select(n => NodeName(a.Name, n)).ToArray())];
    private readonly long _start = time.GetTimestamp();
    private readonly Queue<(TimeSpan At, string Id)> _ended = [];
    private readonly HashSet<(int Pool, int Node)> _down = [];
    private readonly HashSet<int> _poolsDown = [];

    /// <summary>When the next job ends, since the start; null: none runs.</summary>
    public TimeSpan? NextEnd
    {
        get
        {
            lock (_gate)
            {
                return _state.Running.FirstOrDefault()?.EndsBy;
            }
        }
    }

    /// <summary>What the nodes of a pool are called here.</summary>
    public static string NodeName(string pool, int node) => string.Create(CultureInfo.InvariantCulture, $"{pool}-{node}");

    public Task<BackendAnswer<Submission>> SubmitAsync(JobStart start, CancellationToken cancellationToken) => Answer(Submit, start, cancellationToken);

    public Task<BackendAnswer<IReadOnlyList<BackendJob>>> ObserveAsync(CancellationToken cancellationToken) =>
        Answer<object?, IReadOnlyList<BackendJob>>(_ => [.. _jobs.Values], null, cancellationToken);

    public Task<BackendAnswer<BackendJob?>> FindAsync(JobStart job, string id, CancellationToken cancellationToken) => Answer(i => _jobs.GetValueOrDefault(i), id, cancellationToken);

    public Task<BackendAnswer<bool>> CancelAsync(string id, CancellationToken cancellationToken) => Answer(Cancel, id, cancellationToken);

    public Task<BackendAnswer<IReadOnlyList<BackendNode>>> DescribeAsync(CancellationToken cancellationToken) => Answer<object?, IReadOnlyList<BackendNode>>(
        _ => [.. _state.Pools.SelectMany((pool, p) => Enumerable.Range(0, pool.Count).Select(n => new BackendNode(_names[p][n], pool.Name, StateOf(p, n))))], null, cancellationToken);

    /// <summary>A node fails, and the jobs on it with it.</summary>
    public void FailNode(string pool, int node) => Change(pool, p => Lose(_state.NodeDown(p, node), _down.Add((p, node))));

    public void RecoverNode(string pool, int node) => Change(pool, p => { _state.SetNode(p, node, isUp: true); _down.Remove((p, node)); });

    /// <summary>All nodes of a pool fail.</summary>
    public void FailPool(string pool) => Change(pool, p => Lose(_state.PoolDown(p), _poolsDown.Add(p)));

    public void RecoverPool(string pool) => Change(pool, p => { _state.PoolUp(p); _poolsDown.Remove(p); });

    private Submission Submit(JobStart start)
    {
        if (_ids.TryGetValue(start.Key, out var known))
        {
            return new Submission(known, Known: true);
        }

        var pool = _state.PoolOf(start.Pool);
        var nodes = start.Nodes.Count == 0 ? Chosen(pool, start) : [.. start.Nodes.Select(n => NodeOf(pool, n))];
        if (nodes.Count != start.NodeCount || nodes.Distinct().Count() != nodes.Count || nodes.Any(n => n < 0 || !_state.Pools[pool].Fits(n, start.Share)))
        {
            return new Submission(null, $"{start.Pool} has no {start.NodeCount} such nodes with {start.Share} free");
        }

        var id = (_ids.Count + 1).ToString(CultureInfo.InvariantCulture);
        _state.Allocate(id, new Placement(pool, nodes, start.Share), time.GetElapsedTime(_start) + TimeSpan.FromSeconds(start.Job.Lasts()));
        _ids.Add(start.Key, id);
        var end = start.Job.RuntimeS > start.Job.WalltimeS ? BackendJobState.TimedOut : BackendJobState.Completed;
        _jobs.Add(id, new SimulatedJob(end) { Id = id, Key = start.Key, State = BackendJobState.Running, Nodes = [.. nodes.Select(n => _names[pool][n])] });
        return new Submission(id);
    }

    private bool Cancel(string id)
    {
        if (_jobs.TryGetValue(id, out var job) && _state.Release(id))
        {
            Keep(job with { State = BackendJobState.Cancelled });
        }

        return job is not null;
    }

    private List<int> Chosen(int pool, JobStart start) =>
        [.. Enumerable.Range(0, _state.Pools[pool].Count).Where(n => _state.Pools[pool].Fits(n, start.Share)).Take(start.NodeCount)];

    private int NodeOf(int pool, string name) =>
        name.StartsWith(_state.Pools[pool].Name + "-", StringComparison.Ordinal) && int.TryParse(name[(_state.Pools[pool].Name.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var node) && node < _state.Pools[pool].Count ? node : -1;

    private BackendNodeState StateOf(int pool, int node) =>
        _poolsDown.Contains(pool) || _down.Contains((pool, node)) ? BackendNodeState.Down : _state.Pools[pool].FreeOn(node) == _state.Pools[pool].Node ? BackendNodeState.Idle : BackendNodeState.Allocated;

    private void Change(string pool, Action<int> change)
    {
        lock (_gate)
        {
            Settle();
            change(_state.PoolOf(pool));
        }
    }

    private void Lose(IReadOnlyList<Allocation> lost, bool fresh)
    {
        foreach (var allocation in fresh ? lost : [])
        {
            Keep(_jobs[allocation.Job] with { State = BackendJobState.NodeFailed, Reason = "its node failed" });
        }
    }

    private Task<BackendAnswer<TResult>> Answer<TInput, TResult>(Func<TInput, TResult> act, TInput input, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Settle();
            return Task.FromResult(new BackendAnswer<TResult>(act(input), null));
        }
    }

    private void Keep(BackendJob ended)
    {
        _jobs[ended.Id] = ended;
        _ended.Enqueue((time.GetElapsedTime(_start), ended.Id));
    }

    /// <summary>Ends the jobs whose time is over.</summary>
    private void Settle()
    {
        var now = time.GetElapsedTime(_start);
        while (_state.Running.FirstOrDefault() is { } first && first.EndsBy <= now)
        {
            _state.Release(first.Job);
            var job = (SimulatedJob)_jobs[first.Job];
            Keep(job with { State = job.End, ExitCode = job.End == BackendJobState.Completed ? 0 : null });
        }

        while (_ended.TryPeek(out var old) && now - old.At > Remembered)
        {
            _jobs.Remove(_ended.Dequeue().Id);
        }
    }

    /// <param name="End">How it ends when nothing fails.</param>
    private sealed record SimulatedJob(BackendJobState End) : BackendJob;
}

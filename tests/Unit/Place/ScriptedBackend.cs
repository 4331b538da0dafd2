using Quorate.Contracts.Placing;
using Quorate.Engine.Place;

namespace Quorate.Tests.Unit.Place;

/// <summary>A backend that runs nothing by itself: the test says what became of each key, and when nobody answers.</summary>
internal sealed class ScriptedBackend : IJobBackend
{
    /// <summary>What it tells of, by key.</summary>
    public Dictionary<string, BackendJob> Jobs { get; } = new(StringComparer.Ordinal);

    /// <summary>What only its records tell of, by key.</summary>
    public Dictionary<string, BackendJob> Records { get; } = new(StringComparer.Ordinal);

    /// <summary>Keys in the order in which they were submitted as new jobs.</summary>
    public List<string> Submitted { get; } = [];

    public List<string> Cancelled { get; } = [];

    public int Looks { get; private set; }

    /// <summary>Null: it answers.</summary>
    public string? Down { get; set; }

    /// <summary>A submission is taken, and the answer is lost.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>Why it takes nothing; null: it does.</summary>
    public string? Refuses { get; set; }

    /// <summary>What is cancelled ends at once.</summary>
    public bool CancelEnds { get; set; } = true;

    /// <summary>Around each effect and each answer: a process may die here.</summary>
    public Action Boundary { get; set; } = () => { };

    public void End(string key, BackendJobState state) => Jobs[key] = Jobs[key] with { State = state };

    public void EndAll() => Jobs.Keys.ToList().ForEach(k => Jobs[k] = Jobs[k].Ended ? Jobs[k] : Jobs[k] with { State = BackendJobState.Completed });

    public Task<BackendAnswer<Submission>> SubmitAsync(JobStart start, CancellationToken cancellationToken)
    {
        Boundary();
        if (Down is not null)
        {
            return Task.FromResult(new BackendAnswer<Submission>(null, Down));
        }

        var isKnown = Jobs.TryGetValue(start.Key, out var job);
        if (!isKnown && Refuses is not null)
        {
            return Task.FromResult(new BackendAnswer<Submission>(new Submission(null, Refuses), null));
        }

        if (!isKnown)
        {
            Submitted.Add(start.Key);
            Jobs[start.Key] = job = new BackendJob { Id = $"{Submitted.Count}", Key = start.Key, State = BackendJobState.Running, Nodes = ["n1"] };
        }

        Boundary();
        return Task.FromResult(LosesAnswers ? new BackendAnswer<Submission>(null, "no answer in time") : new BackendAnswer<Submission>(new Submission(job!.Id, Known: isKnown), null));
    }

    public Task<BackendAnswer<IReadOnlyList<BackendJob>>> ObserveAsync(CancellationToken cancellationToken)
    {
        Looks++;
        return Answer<IReadOnlyList<BackendJob>>([.. Jobs.Values]);
    }

    public Task<BackendAnswer<BackendJob?>> FindAsync(JobStart job, string id, CancellationToken cancellationToken) => Answer(Records.GetValueOrDefault(job.Key));

    public Task<BackendAnswer<bool>> CancelAsync(string id, CancellationToken cancellationToken)
    {
        var key = Jobs.Values.Single(j => j.Id == id).Key;
        Cancelled.Add(key);
        if (CancelEnds)
        {
            End(key, BackendJobState.Cancelled);
        }

        return Answer(true);
    }

    public Task<BackendAnswer<IReadOnlyList<BackendNode>>> DescribeAsync(CancellationToken cancellationToken) => Answer<IReadOnlyList<BackendNode>>([]);

    private Task<BackendAnswer<T>> Answer<T>(T value) => Task.FromResult(Down is null ? new BackendAnswer<T>(value, null) : new BackendAnswer<T>(default, Down));
}

/// <summary>Real time without the wait: each look is a second later, and something may always have changed.</summary>
internal sealed class PolledTime : TimeProvider, IJobTime
{
    public TimeSpan Now { get; set; }

    /// <summary>Happens at each look.</summary>
    public Action Tick { get; set; } = () => { };

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    public Task<bool> WaitAsync(TimeSpan? moment, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Now += TimeSpan.FromSeconds(1);
        Tick();
        return Task.FromResult(true);
    }
}

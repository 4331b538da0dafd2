namespace Quorate.Engine.Ask;

/// <summary>For work that does not outlive its process: the last <see cref="MaxJobs"/> questions.</summary>
public sealed class MemoryJournal : IAskJournal
{
    public const int MaxJobs = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, string>> _jobs = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldestFirst = new();

    public Task<IReadOnlyDictionary<string, string>> ReadAsync(string jobId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyDictionary<string, string>>(_jobs.TryGetValue(jobId, out var job) ? new Dictionary<string, string>(job) : []);
        }
    }

    public Task AppendAsync(string jobId, string key, string value, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(jobId, out var job))
            {
                _jobs[jobId] = job = new(StringComparer.Ordinal);
                _oldestFirst.Enqueue(jobId);
                if (_oldestFirst.Count > MaxJobs)
                {
                    _jobs.Remove(_oldestFirst.Dequeue());
                }
            }

            job.TryAdd(key, value);
            return Task.CompletedTask;
        }
    }
}

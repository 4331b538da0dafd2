using System.Collections.Concurrent;

namespace Quorate.Engine.Ask;

/// <summary>For work that does not outlive its process.</summary>
public sealed class MemoryJournal : IAskJournal
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, string>> _jobs = new(StringComparer.Ordinal);

    public Task<IReadOnlyDictionary<string, string>> ReadAsync(string jobId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(_jobs.TryGetValue(jobId, out var job) ? new Dictionary<string, string>(job) : []);

    public Task AppendAsync(string jobId, string key, string value, CancellationToken cancellationToken)
    {
        _jobs.GetOrAdd(jobId, _ => new(StringComparer.Ordinal)).TryAdd(key, value);
        return Task.CompletedTask;
    }
}

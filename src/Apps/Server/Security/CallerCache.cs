using System.Collections.Concurrent;

namespace Quorate.Server.Security;

/// <summary>
/// Remembers for a second who a token belongs to, for the calls of /v1 alone: programs make many, and a look into the store costs more than
/// everything else on the way to a member. A token that was taken back is good there for that second longer.
/// </summary>
internal sealed class CallerCache(TimeProvider time)
{
    /// <summary>In place of a token's hash.</summary>
    public const string Anonymous = "";

    private const int MaxCallers = 1_000;
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, (Caller Caller, long At)> _callers = new(StringComparer.Ordinal);

    public Caller? Find(string hash) => _callers.TryGetValue(hash, out var known) && time.GetElapsedTime(known.At) < KeptFor ? known.Caller : null;

    public void Keep(string hash, Caller caller)
    {
        if (_callers.Count >= MaxCallers)
        {
            _callers.Clear();
        }

        _callers[hash] = (caller, time.GetTimestamp());
    }
}

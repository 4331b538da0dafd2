using System.Collections.Concurrent;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>One change to a service at a time, in this process and across processes that share the state folder.</summary>
internal sealed class ServiceLocks(StateFolder state, TimeProvider time)
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new();

    public async Task<IDisposable> AcquireAsync(string service, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var gate = _gates.GetOrAdd(service, _ => new SemaphoreSlim(1));
        if (!await gate.WaitAsync(MaxWait, cancellationToken))
        {
            throw Busy(service);
        }

        try
        {
            while (true)
            {
                if (TryLock(service) is { } file)
                {
                    return new Held(file, gate);
                }

                if (time.GetElapsedTime(started) > MaxWait)
                {
                    throw Busy(service);
                }

                await Task.Delay(Poll, time, cancellationToken);
            }
        }
        catch
        {
            gate.Release();
            throw;
        }
    }

    /// <summary>The kernel frees the lock when its holder dies.</summary>
    private FileStream? TryLock(string service)
    {
        try
        {
            return new FileStream(state.LockFile(service), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new PlatformException($"{service}: its lock {state.LockFile(service)} belongs to another user; run as that user or as root", retryable: false, e);
        }
    }

    private static PlatformException Busy(string service) =>
        new($"{service}: another change to this service has been under way for {MaxWait.TotalSeconds:0} s", retryable: true);

    private sealed class Held(FileStream file, SemaphoreSlim gate) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            gate.Release();
        }
    }
}

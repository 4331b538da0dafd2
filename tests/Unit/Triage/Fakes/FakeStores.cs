using System.Globalization;
using System.Runtime.CompilerServices;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;

namespace Quorate.Tests.Unit.Triage.Fakes;

/// <summary>A process that may die: at a chosen boundary it throws, and from then on everything it touches throws.</summary>
internal sealed class FakeProcess
{
    private readonly Lock _gate = new();
    private int _passed;

    /// <summary>The boundary at which it dies, 0-based; null: never.</summary>
    public int? DiesAt { get; init; }

    public bool Dead { get; private set; }

    public int Passed => _passed;

    public void Boundary()
    {
        lock (_gate)
        {
            if (Dead || _passed++ == DiesAt)
            {
                Dead = true;
                throw new ProcessDied();
            }
        }
    }
}

internal sealed class ProcessDied : Exception;

/// <summary>What is durable, shared by the processes that come and go.</summary>
internal sealed class FakeDisk
{
    public Lock Gate { get; } = new();

    public List<LedgerEntry> Entries { get; } = [];

    public Dictionary<string, string> Leases { get; } = [];

    public IReadOnlyList<LedgerEntry> Read(string kind)
    {
        lock (Gate)
        {
            return [.. Entries.Where(e => e.Kind == kind)];
        }
    }
}

internal sealed class FakeLedger(FakeDisk disk, FakeProcess process, TimeProvider time) : ILedger
{
    public Task<LedgerEntry> AppendAsync(LedgerDraft draft, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        process.Boundary();
        LedgerEntry entry;
        lock (disk.Gate)
        {
            entry = new LedgerEntry
            {
                Seq = disk.Entries.Count + 1,
                At = time.GetUtcNow(),
                Kind = draft.Kind,
                Subject = draft.Subject,
                DecisionTag = draft.DecisionTag,
                Payload = draft.Payload.GetRawText(),
                PrevHash = "",
                Hash = "",
            };
            disk.Entries.Add(entry);
        }

        process.Boundary();
        return Task.FromResult(entry);
    }

    public Task<LedgerCheckpoint> CheckpointAsync(CancellationToken cancellationToken)
    {
        process.Boundary();
        return Task.FromResult(new LedgerCheckpoint(disk.Entries.Count, "", time.GetUtcNow(), "", ""));
    }

    public async IAsyncEnumerable<LedgerEntry> ReadAsync(LedgerFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        List<LedgerEntry> found;
        lock (disk.Gate)
        {
            found = [.. disk.Entries.Where(e => (filter.Subject is null || e.Subject == filter.Subject)
                && (filter.Kinds is null || filter.Kinds.Contains(e.Kind)) && (filter.Since is null || e.At >= filter.Since))];
        }

        foreach (var entry in found)
        {
            yield return entry;
        }
    }

    public Task<IReadOnlyList<LedgerCheckpoint>> ReadCheckpointsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LedgerCheckpoint>>([]);
}

internal sealed class FakeLeases(FakeDisk disk, FakeProcess process) : ILeaseStore
{
    public Task<bool> TryAcquireAsync(string resource, string owner, TimeSpan duration, CancellationToken cancellationToken)
    {
        ThrowIfDead();
        lock (disk.Gate)
        {
            return Task.FromResult(disk.Leases.TryAdd(resource, owner) || disk.Leases[resource] == owner);
        }
    }

    public Task<string?> FindOwnerAsync(string resource, CancellationToken cancellationToken)
    {
        lock (disk.Gate)
        {
            return Task.FromResult(disk.Leases.GetValueOrDefault(resource));
        }
    }

    public Task ReleaseAsync(string resource, string owner, CancellationToken cancellationToken)
    {
        ThrowIfDead();
        lock (disk.Gate)
        {
            if (disk.Leases.GetValueOrDefault(resource) == owner)
            {
                disk.Leases.Remove(resource);
            }
        }

        return Task.CompletedTask;
    }

    private void ThrowIfDead()
    {
        if (process.Dead)
        {
            throw new ProcessDied();
        }
    }
}

internal sealed class FakeKeys : IKeyRing
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public int CurrentHmacVersion => 1;

    public string CurrentSigningKeyId => "";

    public IReadOnlyDictionary<string, byte[]> PublicKeys { get; } = new Dictionary<string, byte[]>();

    public byte[]? FindHmacKey(int version) => version == 1 ? Key : null;

    public byte[] Sign(ReadOnlySpan<byte> data) => [];
}

internal sealed class SequenceIds : IIdSource
{
    private int _next;

    public string Next(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{Interlocked.Increment(ref _next)}");
}

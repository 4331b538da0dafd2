using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Quorate.Contracts;

namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>A seed whose run broke a promise.</summary>
public sealed record FailedSeed(ulong Seed, IReadOnlyList<string> Violations);

/// <summary>What many seeds showed together.</summary>
/// <param name="Seeds">Seeds that ran: from the first one on, without gaps.</param>
/// <param name="Events">Events handled in all runs.</param>
/// <param name="Decisions">Batches decided.</param>
/// <param name="ViewChanges">Views entered after the first, by the replica that went furthest in each run.</param>
/// <param name="Convictions">Liars convicted by evidence, over all runs.</param>
/// <param name="FailedSeeds">Seeds that broke a promise.</param>
/// <param name="Failures">The first of them, by seed.</param>
/// <param name="TranscriptHash">SHA-256 over seed and transcript hash of each run, in the order of the seeds: the same however the runs were scheduled.</param>
public sealed record SweepResult(
    long Seeds, long Events, long Decisions, long ViewChanges, long Convictions, long FailedSeeds, IReadOnlyList<FailedSeed> Failures, string TranscriptHash);

/// <summary>Runs of the simulation for consecutive seeds, on several cores.</summary>
public sealed class SimulationSweep
{
    /// <summary>Seeds of one sweep; each keeps 8 bytes.</summary>
    public const long MaxSeeds = 10_000_000;

    /// <summary>Failures that are kept in words.</summary>
    public const int KeptFailures = 20;

    private readonly SimulationOptions _options;
    private readonly ulong _first;
    private readonly bool _stopAtFailure;
    private readonly ulong[] _hashes;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ulong, FailedSeed> _failures = [];
    private long _next = -1;
    private long _done;
    private long _events;
    private long _decisions;
    private long _viewChanges;
    private long _convictions;
    private long _failed;
    private volatile bool _isStopped;

    /// <param name="options">The same for each run.</param>
    /// <param name="first">First seed.</param>
    /// <param name="last">Last seed; at most ten million seeds.</param>
    /// <param name="stopAtFailure">Starts no further seed once one has failed.</param>
    /// <exception cref="QuorateException">An empty or too large range.</exception>
    public SimulationSweep(SimulationOptions options, ulong first, ulong last, bool stopAtFailure = false)
    {
        if (last < first || last - first >= (ulong)MaxSeeds)
        {
            throw QuorateException.Input("seeds_wrong", $"the seeds {first}..{last} cannot be run: A..B with A ≤ B and at most {MaxSeeds} seeds is allowed");
        }

        (_options, _first, _stopAtFailure) = (options, first, stopAtFailure);
        _hashes = new ulong[last - first + 1];
    }

    /// <summary>Seeds that are to run.</summary>
    public long Total => _hashes.Length;

    /// <summary>Seeds that have run; may be read meanwhile.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>Runs once. Cancelled, it finishes the seeds under way and tells what was done until then.</summary>
    /// <param name="workers">Threads; 1 or more.</param>
    /// <param name="token">Ends it early.</param>
    public SweepResult Run(int workers, CancellationToken token)
    {
        // Each thread takes the next seed, so that the seeds that ran have no gap whenever it ends.
        Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ => Work(token));
        return new SweepResult(_done, _events, _decisions, _viewChanges, _convictions, _failed, [.. _failures.Values.Take(KeptFailures)], Combine());
    }

    private void Work(CancellationToken token)
    {
        while (!token.IsCancellationRequested && !_isStopped)
        {
            var index = Interlocked.Increment(ref _next);
            if (index >= _hashes.Length)
            {
                return;
            }

            Run(index);
            Interlocked.Increment(ref _done);
        }
    }

    private void Run(long index)
    {
        var seed = _first + (ulong)index;
        try
        {
            var result = ConsensusSimulation.Run(seed, _options);
            _hashes[index] = ulong.Parse(result.TranscriptHash, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            Interlocked.Add(ref _events, result.Events);
            Interlocked.Add(ref _decisions, result.Decisions);
            Interlocked.Add(ref _viewChanges, (long)result.Views);
            Interlocked.Add(ref _convictions, result.Accused.Count);
            if (result.Violations.Count > 0)
            {
                Failed(new FailedSeed(seed, result.Violations));
            }
        }
        catch (Exception e)
        {
            // Nothing that arrives may make the state machine throw: that, too, is a broken promise of this seed.
            Failed(new FailedSeed(seed, [$"exception: {e.GetType().Name}: {e.Message}"]));
        }
    }

    private void Failed(FailedSeed failure)
    {
        lock (_gate)
        {
            _failed++;
            _isStopped = _stopAtFailure;
            _failures.Add(failure.Seed, failure);
            if (_failures.Count > KeptFailures)
            {
                _failures.Remove(_failures.Keys.Last());
            }
        }
    }

    private string Combine()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> line = stackalloc byte[16];
        for (var i = 0L; i < _done; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(line, _first + (ulong)i);
            BinaryPrimitives.WriteUInt64BigEndian(line[8..], _hashes[i]);
            hash.AppendData(line);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

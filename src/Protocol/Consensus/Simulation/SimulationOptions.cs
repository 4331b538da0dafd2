namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>Which troubles a run may have.</summary>
[Flags]
public enum SimulatedFaults
{
    None = 0,
    Loss = 1 << 0,
    Duplication = 1 << 1,
    Reordering = 1 << 2,
    Corruption = 1 << 3,
    Partition = 1 << 4,
    Crash = 1 << 5,
    Drift = 1 << 6,
    Slowness = 1 << 7,
    Byzantine = 1 << 8,
    All = (1 << 9) - 1,
}

/// <summary>What f lying replicas do; they share their keys, their knowledge and their plan.</summary>
[Flags]
public enum Attacks
{
    None = 0,
    Withhold = 1 << 0,
    Equivocate = 1 << 1,
    VoteForEverything = 1 << 2,
    InvalidProposal = 1 << 3,
    LieInViewChange = 1 << 4,
    LieInNewView = 1 << 5,
    Replay = 1 << 6,
    Forge = 1 << 7,
    Spam = 1 << 8,
    FakeState = 1 << 9,
    RepeatRequests = 1 << 10,
    PushView = 1 << 11,
    Silence = 1 << 12,
}

/// <summary>Replicas in <paramref name="Side"/> (bit i: replica i) hear nothing from the others. Microseconds.</summary>
internal sealed record SimulatedPartition(long From, long To, ulong Side);

/// <summary>The replica loses everything that is not durable, and starts again. Microseconds.</summary>
internal sealed record SimulatedCrash(int Replica, long At, long Back);

/// <summary>What happens in one run besides the protocol. Drawn from the seed, or written down for a scenario.</summary>
internal sealed record FaultPlan
{
    internal ulong Liars { get; init; }
    internal Attacks Attacks { get; init; }

    /// <summary>Chances per thousand messages, until the network heals.</summary>
    internal int Loss { get; init; }
    internal int Duplication { get; init; }
    internal int Corruption { get; init; }

    /// <summary>Microseconds a message takes: at least, and on top at most.</summary>
    internal int Delay { get; init; } = 300;
    internal int Jitter { get; init; }

    /// <summary>Bit i: replica i takes ten times as long.</summary>
    internal ulong Slow { get; init; }

    /// <summary>Parts per thousand by which each replica's clock runs fast or slow.</summary>
    internal int[] Drift { get; init; } = [];
    internal IReadOnlyList<SimulatedPartition> Partitions { get; init; } = [];
    internal IReadOnlyList<SimulatedCrash> Crashes { get; init; } = [];

    /// <summary>From here on the network delivers everything, in time. Microseconds.</summary>
    internal long HealAt { get; init; }

    internal static FaultPlan Draw(SimulatedRandom random, SimulationOptions options)
    {
        var (n, f) = (options.Membership.Replicas, options.Membership.Faults);
        bool Has(SimulatedFaults fault) => (options.Faults & fault) != SimulatedFaults.None;
        var heal = random.Between(20_000, options.HealAt);
        var liars = 0UL;
        while (Has(SimulatedFaults.Byzantine) && System.Numerics.BitOperations.PopCount(liars) < f)
        {
            liars |= 1UL << random.Below(n);
        }

        return new FaultPlan
        {
            Liars = liars,
            Attacks = (Attacks)(random.Next() & random.Next() & 0xFFF) | (Attacks)(1 << random.Below(13)),
            Loss = Has(SimulatedFaults.Loss) && random.Chance(500) ? random.Below(150) : 0,
            Duplication = Has(SimulatedFaults.Duplication) && random.Chance(500) ? random.Below(150) : 0,
            Corruption = Has(SimulatedFaults.Corruption) && random.Chance(300) ? random.Below(100) : 0,
            Jitter = Has(SimulatedFaults.Reordering) ? random.Below(3000) : 0,
            Slow = Has(SimulatedFaults.Slowness) && random.Chance(200) ? 1UL << random.Below(n) : 0,
            Drift = Has(SimulatedFaults.Drift) ? [.. Enumerable.Range(0, n).Select(_ => (int)random.Between(-100, 100))] : [],
            Partitions = [.. Enumerable.Range(0, Has(SimulatedFaults.Partition) ? random.Below(3) : 0).Select(_ => Partition(random, n, heal))],
            Crashes = [.. Enumerable.Range(0, Has(SimulatedFaults.Crash) ? random.Below(4) : 0).Select(_ => Crash(random, n, heal))],
            HealAt = heal,
        };
    }

    private static SimulatedPartition Partition(SimulatedRandom random, int n, long heal)
    {
        var from = random.Between(0, heal);
        return new SimulatedPartition(from, Math.Min(heal, from + random.Between(2_000, 100_000)), random.Next() & ((1UL << n) - 1));
    }

    private static SimulatedCrash Crash(SimulatedRandom random, int n, long heal)
    {
        var at = random.Between(0, heal);
        return new SimulatedCrash(random.Below(n), at, at + random.Between(100, 60_000));
    }
}

/// <summary>How a simulated run is set up. The seed decides everything that is left open here.</summary>
public sealed record SimulationOptions
{
    public Membership Membership { get; init; } = new(4, 1);
    public SimulatedFaults Faults { get; init; } = SimulatedFaults.All;

    /// <summary>Clients that play by the rules; one more plays along with the liars. 1…100.</summary>
    public int Clients { get; init; } = 4;

    /// <summary>Requests of each client, one after the other. 1…10,000.</summary>
    public int Requests { get; init; } = 6;

    /// <summary>The network heals at a moment up to this one. Microseconds of virtual time.</summary>
    public long HealAt { get; init; } = 150_000;

    /// <summary>Everything must be done by then, or the run counts as stuck. Microseconds of virtual time.</summary>
    public long Horizon { get; init; } = 20_000_000;

    /// <summary>Events of one run at most.</summary>
    public int MaxEvents { get; init; } = 200_000;

    /// <summary>ECDSA P-256 instead of the keyed hashes: about seventy times slower, and its signatures differ from run to run.</summary>
    public bool RealSignatures { get; init; }

    /// <summary>Takes a line for each event; null for none.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>A mistake for the run to find, in every honest replica.</summary>
    public PlantedBug Bug { get; init; }

    /// <summary>Instead of what the seed would draw.</summary>
    internal FaultPlan? Plan { get; init; }

    internal ConsensusOptions Consensus { get; init; } = new()
    {
        CheckpointInterval = 4,
        Window = 16,
        Pipeline = 3,
        BatchItems = 4,
        Pending = 64,
        Clients = 16,
        ClientWindow = 4,
        ViewTimeout = 30_000,
        RetryInterval = 8_000,
    };
}

/// <summary>What a run showed.</summary>
/// <param name="Seed">The seed that repeats it.</param>
/// <param name="Violations">Broken promises, in words; empty when all held.</param>
/// <param name="TranscriptHash">Hash over every event, 16 hex digits: equal when two runs were equal.</param>
/// <param name="Events">Events handled.</param>
/// <param name="Decisions">Batches decided.</param>
/// <param name="Accused">Replicas convicted by evidence.</param>
/// <param name="VirtualMicroseconds">Virtual time at the end.</param>
/// <param name="Views">The highest view an honest replica was in at the end: how often the leader changed.</param>
public sealed record SimulationResult(
    ulong Seed, IReadOnlyList<string> Violations, string TranscriptHash, int Events, int Decisions, IReadOnlyList<int> Accused, long VirtualMicroseconds, ulong Views);

using Quorate.Contracts;

namespace Quorate.Protocol.Consensus;

/// <summary>Bounds and times of a replica. All replicas of a group use the same; times are in the unit of the ticks.</summary>
public sealed record ConsensusOptions
{
    /// <summary>Sequence numbers between two checkpoints; 1…512.</summary>
    public int CheckpointInterval { get; init; } = 64;

    /// <summary>Sequence numbers above the stable checkpoint that may be in work; a multiple of the interval, at least two of it, at most 1024.</summary>
    public int Window { get; init; } = 256;

    /// <summary>Batches the primary has in flight before it lets requests gather; 1…Window.</summary>
    public int Pipeline { get; init; } = 2;

    /// <summary>Requests in one batch; 1…4096.</summary>
    public int BatchItems { get; init; } = 256;

    /// <summary>Bytes of payload in one batch; at most 2 MiB.</summary>
    public int BatchBytes { get; init; } = 256 << 10;

    /// <summary>Requests waiting in one replica; more are dropped and the client tries again. 1…1,000,000.</summary>
    public int Pending { get; init; } = 8192;

    /// <summary>Clients that may be known, numbered from n on; 1…65,536.</summary>
    public int Clients { get; init; } = 1024;

    /// <summary>Requests one client may have outstanding, and replies kept for it; 1…64.</summary>
    public int ClientWindow { get; init; } = 16;

    /// <summary>Ticks without progress on a waiting request before the view changes. Milliseconds where ticks are.</summary>
    public long ViewTimeout { get; init; } = 400;

    /// <summary>The timeout doubles with each view change in a row, at most this often.</summary>
    public int TimeoutDoublings { get; init; } = 6;

    /// <summary>A request may wait this many timeouts although others are served: a primary that starves one client is replaced.</summary>
    public int FairnessFactor { get; init; } = 8;

    /// <summary>Ticks between two rounds of repair while something is outstanding.</summary>
    public long RetryInterval { get; init; } = 50;

    /// <summary>With nothing outstanding the interval doubles up to this many times.</summary>
    public int IdleDoublings { get; init; } = 4;

    /// <summary>Messages sent to one peer in answer to its questions between two rounds of repair.</summary>
    public int RepairBudget { get; init; } = 64;

    /// <summary>Requests carry their client's signature, checked by every replica.</summary>
    public bool SignedRequests { get; init; } = true;

    internal PlantedBug Bug { get; init; }

    /// <exception cref="QuorateException">A value out of its range, named.</exception>
    public ConsensusOptions Validated()
    {
        Range(nameof(CheckpointInterval), CheckpointInterval, 1, ConsensusLimits.Window / 2);
        Range(nameof(Window), Window, 2 * CheckpointInterval, ConsensusLimits.Window);
        Range("Window modulo CheckpointInterval", Window % CheckpointInterval, 0, 0);
        Range(nameof(Pipeline), Pipeline, 1, Window);
        Range(nameof(BatchItems), BatchItems, 1, ConsensusLimits.BatchItems);
        Range(nameof(BatchBytes), BatchBytes, 1, ConsensusLimits.BatchBytes / 2);
        Range(nameof(Pending), Pending, 1, 1_000_000);
        Range(nameof(Clients), Clients, 1, Crypto.KeyDirectory.MaxClients);
        Range(nameof(ClientWindow), ClientWindow, 1, 64);
        Range("Clients times ClientWindow", (long)Clients * ClientWindow, 1, ConsensusLimits.KeptReplies);
        Range(nameof(ViewTimeout), ViewTimeout, 1, 3_600_000_000);
        Range(nameof(TimeoutDoublings), TimeoutDoublings, 0, 20);
        Range(nameof(FairnessFactor), FairnessFactor, 1, 1000);
        Range(nameof(RetryInterval), RetryInterval, 1, 3_600_000_000);
        Range(nameof(IdleDoublings), IdleDoublings, 0, 20);
        Range(nameof(RepairBudget), RepairBudget, 1, 100_000);
        return this;
    }

    internal bool Has(PlantedBug bug) => (Bug & bug) != PlantedBug.None;

    private static void Range(string name, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            throw QuorateException.Input("consensus_option", $"{name} is {value}; {least} to {most} is allowed");
        }
    }
}

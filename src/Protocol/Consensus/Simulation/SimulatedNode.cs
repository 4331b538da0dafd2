namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>A replica with its disk and its clock.</summary>
internal sealed class SimulatedNode(int id, ConsensusContext context, int drift)
{
    private List<DurableRecord> disk = [];

    internal int Id { get; } = id;

    internal ConsensusContext Context { get; } = context;

    internal SimulatedApplication Application { get; private set; } = new();

    /// <summary>Null while it is down.</summary>
    internal Replica? Machine { get; private set; }

    /// <summary>Outputs until it crashes; negative when no crash is due.</summary>
    internal int CrashIn { get; set; } = -1;

    internal long TickAt { get; set; } = long.MaxValue;

    internal long Local(long time) => time + (time * drift / 1000);

    /// <summary>The first moment at which the local clock has reached the deadline.</summary>
    internal long Global(long local)
    {
        var time = (local * 1000 / (1000 + drift)) - 2;
        while (Local(time) < local)
        {
            time++;
        }

        return time;
    }

    internal void Start(long time, SimulatedRandom random)
    {
        var records = disk;
        if (random.Chance(300))
        {
            // Through bytes, as a real disk would have it.
            records = [.. disk.Select(record => DurableRecord.TryDecode(record.Encode(), out var read) ? read : throw new InvalidOperationException("a record that cannot be read back"))];
        }

        Application = new SimulatedApplication();
        Machine = new Replica(Id, Context, Application, records, Local(time));
        TickAt = long.MaxValue;
        CrashIn = -1;
    }

    internal void Crash()
    {
        Machine = null;
        TickAt = long.MaxValue;
        CrashIn = -1;
    }

    internal void Persist(DurableRecord record) => disk.Add(record);

    internal void Compact()
    {
        // Mutable verification state stays with the running machine, never with the disk.
        disk = [.. Machine!.DurableRecords()];
    }
}

using System.Globalization;

namespace Quorate.Cli.Bench;

/// <summary>What to measure.</summary>
internal sealed record ConsensusBenchPlan(int Replicas, int Clients, int PayloadBytes, TimeSpan Duration, string Transport, string Durable, bool SignedRequests, bool KillLeader, bool OwnLinks)
{
    public int Faults => (Replicas - 1) / 3;
}

/// <summary>One measurement. Times of CPU in ms, sizes in bytes, memory in MiB.</summary>
internal sealed record ConsensusBenchResult
{
    public required int Replicas { get; init; }
    public required int Faults { get; init; }
    public required int Clients { get; init; }
    public required int PayloadBytes { get; init; }

    /// <summary>Requests in a batch, on average.</summary>
    public required double Batch { get; init; }
    public required string Transport { get; init; }

    /// <summary><c>shared</c>: the clients are in one process, with one link to each replica. <c>own</c>: a link of each client to each replica.</summary>
    public required string Links { get; init; }

    /// <summary><c>fsync</c>, or <c>none</c>: records are kept in memory only.</summary>
    public required string Durable { get; init; }
    public required double Seconds { get; init; }

    /// <summary>Requests decided, applied and answered alike by f+1 replicas.</summary>
    public required double DecisionsPerS { get; init; }
    public required Latency LatencyMs { get; init; }
    public required string Signatures { get; init; }
    public required double SignedPerDecision { get; init; }
    public required double VerifiedPerDecision { get; init; }

    /// <summary>Of all replicas together.</summary>
    public required double CpuMsPerDecision { get; init; }

    /// <summary>Of the process in which the clients are; in process the replicas are in it too.</summary>
    public required double ClientCpuMsPerDecision { get; init; }

    /// <summary>Sent by all replicas together; in process nothing is sent.</summary>
    public required double BytesPerDecision { get; init; }

    /// <summary>Resident memory of the largest replica at the end.</summary>
    public required double MemoryMb { get; init; }
    public required double MemoryPeakMb { get; init; }

    /// <summary>Longest time without any answer to anyone.</summary>
    public required double LongestGapMs { get; init; }

    /// <summary>Changes of the leader during the run.</summary>
    public required ulong ViewChanges { get; init; }

    /// <summary>Longest time without any answer after the leader was killed.</summary>
    public double? LeaderKillGapMs { get; init; }

    /// <summary>The machine's one-minute load average before the run.</summary>
    public required double LoadBefore { get; init; }
}

/// <summary>Measures a group under closed-loop clients: a warm-up that does not count, then a fixed time.</summary>
internal static class ConsensusBenchmark
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task<ConsensusBenchResult> RunAsync(ConsensusBenchPlan plan, IBenchGroup group, TimeProvider time, CancellationToken token)
    {
        var load = Load();
        await new LoadRun(group.Clients, plan.PayloadBytes, time).RunAsync(WarmUp, token);
        var before = await group.UsageAsync(token);
        var own = Environment.CpuUsage.TotalTime;
        var run = new LoadRun(group.Clients, plan.PayloadBytes, time);
        var started = time.GetTimestamp();
        var running = run.RunAsync(plan.Duration, token);
        var gap = plan.KillLeader ? await KillAsync(plan, group, run, running, time, token) : (double?)null;
        await running;
        var longest = run.TakeLongestGap();
        var seconds = time.GetElapsedTime(started).TotalSeconds;
        var after = await group.UsageAsync(token);
        var ownCpu = (Environment.CpuUsage.TotalTime - own).TotalMilliseconds;
        double Per(double total) => Math.Round(total / Math.Max(1, run.Answers), 4);
        return new ConsensusBenchResult
        {
            Replicas = plan.Replicas,
            Faults = plan.Faults,
            Clients = plan.Clients,
            PayloadBytes = plan.PayloadBytes,
            Batch = Math.Round((double)(after.Applied - before.Applied) / Math.Max(1, after.Executed - before.Executed), 1),
            Transport = plan.Transport,
            Links = plan.OwnLinks ? "own" : "shared",
            Durable = plan.Durable,
            Seconds = Math.Round(seconds, 2),
            DecisionsPerS = Math.Round(run.Answers / seconds, 1),
            LatencyMs = run.Percentiles(),
            Signatures = plan.SignedRequests ? "ECDSA P-256 on every protocol message and request" : "ECDSA P-256 on every protocol message; requests by authenticated links",
            SignedPerDecision = Per(after.Signed - before.Signed),
            VerifiedPerDecision = Per(after.Verified - before.Verified),
            CpuMsPerDecision = Per(after.CpuMs - before.CpuMs),
            ClientCpuMsPerDecision = Per(ownCpu),
            BytesPerDecision = Per(after.Bytes - before.Bytes),
            MemoryMb = Math.Round(after.MemoryMb, 1),
            MemoryPeakMb = Math.Round(after.MemoryPeakMb, 1),
            LongestGapMs = Math.Round(Math.Max(gap ?? 0, longest), 1),
            ViewChanges = after.View - before.View,
            LeaderKillGapMs = gap is { } g ? Math.Round(g, 1) : null,
            LoadBefore = load,
        };
    }

    private static async Task<double> KillAsync(ConsensusBenchPlan plan, IBenchGroup group, LoadRun run, Task running, TimeProvider time, CancellationToken token)
    {
        await Task.WhenAny(running, Task.Delay(plan.Duration / 3, time, token));
        run.TakeLongestGap();
        await group.KillLeaderAsync(token);
        await Task.WhenAny(running, Task.Delay(plan.Duration / 2, time, token));
        return run.TakeLongestGap();
    }

    private static double Load() =>
        File.Exists("/proc/loadavg") && double.TryParse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture, out var load) ? load : 0;
}

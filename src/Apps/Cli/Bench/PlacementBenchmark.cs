using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Backends;

namespace Quorate.Cli.Bench;

/// <summary>The answer of <c>bench placement</c>. RoundMs: from the question to the first proof of its decision. CpuMsPerRound: of the whole process.</summary>
internal sealed record PlacementBenchDocument(int Agents, int Batch, int Rounds, double PlacementsPerS, double RoundsPerS, Spread RoundMs, double CpuMsPerRound);

/// <summary>
/// The whole way of a job from the queue to the backend, agreement in real time: each second of the cluster's own, virtual time a batch
/// of one-core jobs comes and the one before it ends.
/// </summary>
internal sealed class PlacementBenchmark(ClusterSpec cluster, TimeProvider time)
{
    private const int WarmUps = 100;

    public async Task<PlacementBenchDocument> RunAsync(int batch, int rounds, CancellationToken token)
    {
        var watch = new Watch(time);
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = "bench",
            Cluster = cluster,
            Keys = new EphemeralKeys(),
            Clock = new RealClock(time),
            Time = new VirtualJobTime(),
            Observer = watch,
            Options = new PlacementOptions { Batch = batch },
        });
        var jobs = Enumerable.Range(0, (WarmUps + rounds) * batch).Select(i => new JobSpec { Name = $"job-{i}", CpuCores = 1, MemoryGb = 1, SubmitS = i / batch, RuntimeS = 1, WalltimeS = 60 }).ToList();
        var result = await session.Engine.RunAsync(jobs, token);
        if (result.Jobs.Count(j => j.Outcome == PlacementOutcome.Placed) != jobs.Count || watch.Rounds.Count != WarmUps + rounds)
        {
            throw QuorateException.Input("cluster_small", $"the cluster cannot hold {batch} jobs of one core and 1 GB at once, and as many that end");
        }

        var (took, cpu) = (watch.Rounds[^1].At - watch.Rounds[WarmUps - 1].At, watch.Rounds[^1].Cpu - watch.Rounds[WarmUps - 1].Cpu);
        return new PlacementBenchDocument(
            cluster.Agents.Count, batch, rounds, Math.Round(rounds * batch / took.TotalSeconds, 1), Math.Round(rounds / took.TotalSeconds, 2),
            Spread.Of(watch.Rounds.Skip(WarmUps).Select(r => r.Ms))!, Math.Round(cpu.TotalMilliseconds / rounds, 2));
    }

    private sealed class Watch(TimeProvider time) : IPlacementObserver
    {
        private readonly long _start = time.GetTimestamp();

        public List<(TimeSpan At, TimeSpan Cpu, double Ms)> Rounds { get; } = [];

        public void On(PlacementProgress progress)
        {
            if (progress is { Round: { Record.Proposals.Count: > 0 } round, Applied: not null })
            {
                Rounds.Add((time.GetElapsedTime(_start), Environment.CpuUsage.TotalTime, round.ElapsedMs));
            }
        }
    }
}

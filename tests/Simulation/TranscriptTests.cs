using System.Runtime.CompilerServices;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Simulation;

/// <summary>
/// The classic scenarios in words. A change of the protocol shows as a change of these files: look at the
/// difference, and record them anew with QUORATE_RECORD_TRANSCRIPTS=1 if it is meant.
/// </summary>
public sealed class TranscriptTests
{
    [Fact]
    public void Normal_Case_ReadsAsRecorded() =>
        Compare("normal", new FaultPlan(), 2, lines => Assert.DoesNotContain(lines, line => line.Contains("VIEW-CHANGE", StringComparison.Ordinal)));

    [Fact]
    public void Leader_Silent_IsReplaced() =>
        Compare("faulty-leader", new FaultPlan { Liars = 1, Attacks = Attacks.Silence }, 2, lines =>
        {
            Assert.Contains(lines, line => line.Contains("NEW-VIEW 1", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.EndsWith("r3 decides 1", StringComparison.Ordinal));
        });

    [Fact]
    public void Leader_Equivocating_IsConvicted() =>
        Compare("equivocating-leader", new FaultPlan { Liars = 1, Attacks = Attacks.Equivocate | Attacks.VoteForEverything }, 3, lines =>
            Assert.Contains(lines, line => line.EndsWith("proves Equivocation of r0", StringComparison.Ordinal)));

    [Fact]
    public void Network_PartitionedInHalves_DecidesAfterItHeals() =>
        Compare("partition-and-heal", new FaultPlan { Partitions = [new SimulatedPartition(0, 70_000, 0b0011)], HealAt = 70_000 }, 1, lines =>
        {
            var first = lines.First(line => line.Contains(" decides ", StringComparison.Ordinal));
            Assert.InRange(int.Parse(first.AsSpan(0, 6)), 70, 1000);
        });

    [Fact]
    public void Replica_CutOffAcrossACheckpoint_TakesOverTheState() =>
        Compare("lagging-replica", new FaultPlan { Partitions = [new SimulatedPartition(0, 30_000, 0b1000)], HealAt = 30_000 }, 6, lines =>
            Assert.Contains(lines, line => line.Contains("r3 takes over the state at", StringComparison.Ordinal)));

    private static void Compare(string name, FaultPlan plan, int requests, Action<List<string>> check, [CallerFilePath] string source = "")
    {
        var lines = new List<string>();
        var result = ConsensusSimulation.Run(7, new SimulationOptions { Plan = plan, Clients = 1, Requests = requests, Trace = lines.Add });
        Assert.Empty(result.Violations);
        check(lines);
        lines.Add($"{result.Events} events, transcript {result.TranscriptHash}");
        if (Environment.GetEnvironmentVariable("QUORATE_RECORD_TRANSCRIPTS") == "1")
        {
            File.WriteAllLines(Path.Combine(Path.GetDirectoryName(source)!, "Transcripts", name + ".txt"), lines);
            return;
        }

        Assert.Equal(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Transcripts", name + ".txt")), lines);
    }
}

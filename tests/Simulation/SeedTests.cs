using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Simulation;

/// <summary>Every promise of the protocol under everything the simulator can do to it.</summary>
public sealed class SeedTests
{
    [Theory]
    [InlineData(1, 200)]
    [InlineData(4, 4000)]
    [InlineData(5, 500)]
    [InlineData(7, 600)]
    [InlineData(10, 60)]
    public void Protocol_AllFaults_KeepsEveryPromise(int replicas, int seeds)
    {
        var options = new SimulationOptions { Membership = Membership.Largest(replicas) };
        Assert.Null(Runs.FirstViolation(options, 1, Count("QUORATE_SIMULATION_SEEDS", seeds)));
    }

    [Fact]
    public void Protocol_RealSignatures_KeepsEveryPromise() =>
        Assert.Null(Runs.FirstViolation(new SimulationOptions { RealSignatures = true }, 1, 40));

    [Fact]
    public void Protocol_LargerThanThreeFaultsPlusOne_KeepsEveryPromise() =>
        Assert.Null(Runs.FirstViolation(new SimulationOptions { Membership = new Membership(6, 1) }, 1, 300));

    [Fact]
    public void Seed_RunTwice_GivesTheSameTranscript()
    {
        var hashes = new HashSet<string>();
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var lines = new List<string>();
            var first = ConsensusSimulation.Run(seed, new SimulationOptions { Trace = lines.Add });
            var again = new List<string>();
            var second = ConsensusSimulation.Run(seed, new SimulationOptions { Trace = again.Add });
            Assert.Equal(first.TranscriptHash, second.TranscriptHash);
            Assert.Equal(lines, again);
            hashes.Add(first.TranscriptHash);
        }

        Assert.Equal(50, hashes.Count);
    }

    [Fact]
    public void Liars_WhoSignContradictions_AreConvictedInManyRuns()
    {
        var convicted = Enumerable.Range(1, 200).Count(seed => ConsensusSimulation.Run((ulong)seed).Accused.Count > 0);
        Assert.InRange(convicted, 40, 200);
    }

    private static int Count(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var count) ? count : usual;
}

internal static class Runs
{
    /// <summary>Seed and words of the first violation from <paramref name="from"/> on; null when there is none.</summary>
    internal static string? FirstViolation(SimulationOptions options, int from, int count)
    {
        string? found = null;
        var earliest = int.MaxValue;
        var gate = new Lock();
        Parallel.For(from, from + count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, (seed, loop) =>
        {
            var result = ConsensusSimulation.Run((ulong)seed, options);
            if (result.Violations.Count == 0)
            {
                return;
            }

            loop.Break();
            lock (gate)
            {
                if (seed < earliest)
                {
                    (earliest, found) = (seed, $"seed {seed}: {result.Violations[0]}");
                }
            }
        });
        return found;
    }
}

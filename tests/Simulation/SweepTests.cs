using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Simulation;

public sealed class SweepTests
{
    [Fact]
    public void Sweep_OnOneOrManyThreads_GivesTheSameFigures()
    {
        var token = TestContext.Current.CancellationToken;
        var one = new SimulationSweep(new SimulationOptions(), 1, 60).Run(1, token);
        var many = new SimulationSweep(new SimulationOptions(), 1, 60).Run(4, token);
        Assert.Equal(one with { Failures = [] }, many with { Failures = [] });
        Assert.Empty(many.Failures);
        Assert.Equal((60, true, true, true, true), (one.Seeds, one.Events > 0, one.Decisions > 0, one.ViewChanges > 0, one.Convictions > 0));
        Assert.NotEqual(one.TranscriptHash, new SimulationSweep(new SimulationOptions(), 2, 61).Run(2, token).TranscriptHash);
    }

    [Fact]
    public void Sweep_Cancelled_TellsWhatRanWithoutGaps()
    {
        using var cancel = new CancellationTokenSource();
        var options = new SimulationOptions { Trace = _ => cancel.Cancel() };
        var result = new SimulationSweep(options, 1, 100_000).Run(2, cancel.Token);
        Assert.InRange(result.Seeds, 1, 2);
        Assert.Equal(new SimulationSweep(new SimulationOptions(), 1, (ulong)result.Seeds).Run(1, TestContext.Current.CancellationToken).TranscriptHash, result.TranscriptHash);
    }

    [Fact]
    public void Sweep_FailingSeeds_AreAllCountedAndTheFirstKept()
    {
        var options = new SimulationOptions { Bug = PlantedBug.ExecutePrepared };
        var result = new SimulationSweep(options, 1, 100).Run(2, TestContext.Current.CancellationToken);
        Assert.Equal(100, result.Seeds);
        Assert.InRange(result.FailedSeeds, SimulationSweep.KeptFailures + 1, 100);
        Assert.Equal(SimulationSweep.KeptFailures, result.Failures.Count);
        Assert.Equal(result.Failures.Select(f => f.Seed).Order(), result.Failures.Select(f => f.Seed));
        var again = ConsensusSimulation.Run(result.Failures[0].Seed, options);
        Assert.Equal(again.Violations, result.Failures[0].Violations);
    }

    [Fact]
    public void Sweep_StoppedAtAFailure_FindsTheLowestSeedHoweverManyThreads()
    {
        var options = new SimulationOptions { Bug = PlantedBug.ForgottenVote };
        var lowest = Enumerable.Range(1, 100).First(seed => ConsensusSimulation.Run((ulong)seed, options).Violations.Count > 0);
        var result = new SimulationSweep(options, 1, 3000, stopAtFailure: true).Run(4, TestContext.Current.CancellationToken);
        Assert.Equal((ulong)lowest, result.Failures[0].Seed);
        Assert.InRange(result.Seeds, lowest, 200);
    }

    [Fact]
    public void Sweep_RunThatThrows_IsAFailureOfItsSeed()
    {
        var options = new SimulationOptions { Trace = _ => throw new InvalidDataException("broken") };
        var result = new SimulationSweep(options, 7, 7).Run(1, TestContext.Current.CancellationToken);
        Assert.Contains("InvalidDataException: broken", Assert.Single(result.Failures).Violations[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 10_000_001)]
    [InlineData(0, ulong.MaxValue)]
    public void Sweep_EmptyOrTooLargeRange_IsRefused(ulong first, ulong last) =>
        Assert.Equal("seeds_wrong", Assert.Throws<QuorateException>(() => new SimulationSweep(new SimulationOptions(), first, last)).Code);
}

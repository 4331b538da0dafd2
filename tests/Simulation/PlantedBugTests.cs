using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Tests.Simulation;

/// <summary>The simulator bites: each classic mistake breaks a promise within so many seeds.</summary>
public sealed class PlantedBugTests
{
    public static TheoryData<string, int> Bugs => new()
    {
        { nameof(PlantedBug.QuorumOneTooSmall), 10 },
        { nameof(PlantedBug.NoExternalValidity), 200 },
        { nameof(PlantedBug.ViewChangeWithoutProofs), 1500 },
        { nameof(PlantedBug.ForgottenVote), 100 },
        { nameof(PlantedBug.NoDeduplication), 20 },
        { nameof(PlantedBug.NoWatermarkCheck), 100 },
        { nameof(PlantedBug.VotesOfAnotherView), 200 },
        { nameof(PlantedBug.TwoPrePrepares), 200 },
        { nameof(PlantedBug.CheckpointWithoutQuorum), 10 },
        { nameof(PlantedBug.StateWithoutProof), 100 },
        { nameof(PlantedBug.OutOfOrder), 20 },
        { nameof(PlantedBug.ExecutePrepared), 10 },
        { nameof(PlantedBug.UnverifiedVotes), 100 },
        { nameof(PlantedBug.UncheckedNewView), 1500 },
        { nameof(PlantedBug.DuplicateVotesCount), 20 },
        { nameof(PlantedBug.UncheckedTally), 1500 },
        { nameof(PlantedBug.VotesAfterLeaving), 200 },
        { nameof(PlantedBug.ForgottenPrepared), 50 },
    };

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Simulation_PlantedBug_IsFound(string bug, int seeds) =>
        Assert.NotNull(Runs.FirstViolation(new SimulationOptions { Bug = Enum.Parse<PlantedBug>(bug) }, 1, seeds));

    [Fact]
    public void Bugs_EveryPlantedOne_IsLookedFor() =>
        Assert.Equal(Enum.GetNames<PlantedBug>().Length - 1, Bugs.Count);
}

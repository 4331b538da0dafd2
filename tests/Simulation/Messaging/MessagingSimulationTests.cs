namespace Quorate.Tests.Simulation.Messaging;

public sealed class MessagingSimulationTests
{
    private const int Seeds = 1_000;

    [Fact]
    public void Messages_ThousandSeedsWithLossAndCrashes_TakeEffectExactlyOnceInOrder()
    {
        var failures = new List<string>();
        var (crashes, repeated, delivered) = (0L, 0L, 0L);
        Parallel.For(1, Seeds + 1, new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, seed =>
        {
            var (run, violations) = MessagingSimulation.Run(seed);
            Interlocked.Add(ref crashes, run.Crashes);
            Interlocked.Add(ref repeated, run.Repeated);
            Interlocked.Add(ref delivered, run.Delivered);
            lock (failures)
            {
                failures.AddRange(violations.Select(v => $"seed {seed}: {v}"));
            }
        });
        Assert.Empty(failures);

        // The faults were really there.
        Assert.True(crashes > 2 * Seeds && repeated > 10 * Seeds && delivered > 50 * Seeds, $"{crashes} crashes, {repeated} repeated, {delivered} delivered");
    }

    [Fact]
    public void Run_SameSeed_IsTheSame()
    {
        var one = MessagingSimulation.Run(7).Run;
        var two = MessagingSimulation.Run(7).Run;
        Assert.Equal((one.Now, one.Crashes, one.Repeated, one.Delivered), (two.Now, two.Crashes, two.Repeated, two.Delivered));
    }

    [Theory]
    [InlineData(PlantedMistake.MarksNotDurable)]
    [InlineData(PlantedMistake.OutboxNotDurable)]
    [InlineData(PlantedMistake.ReceiptBeforeCommit)]
    [InlineData(PlantedMistake.OrderIgnored)]
    public void Simulation_PlantedMistake_IsFound(PlantedMistake mistake) =>
        Assert.Contains(Enumerable.Range(1, 50), seed => MessagingSimulation.Run(seed, mistake).Violations.Count > 0);
}

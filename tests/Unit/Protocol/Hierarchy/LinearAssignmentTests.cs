using Quorate.Protocol.Hierarchy;

namespace Quorate.Tests.Unit.Protocol.Hierarchy;

public class LinearAssignmentTests
{
    private const double X = LinearAssignment.Forbidden;

    [Fact]
    public void Best_RandomTables_WorthWhatEveryOrderTriedFindsAndNeverLessThanGreedy()
    {
        for (var seed = 0; seed < 4000; seed++)
        {
            var random = new Random(seed);
            // Up to 8 × 8: the larger tables are few, for trying them takes long.
            var most = seed % 100 == 0 ? 8 : seed % 10 == 0 ? 6 : 5;
            var weights = RandomTable(random, random.Next(1, most + 1), random.Next(1, most + 1));
            var best = LinearAssignment.Best(weights);
            AssertAllowed(weights, best);
            var value = LinearAssignment.Value(weights, best);
            Assert.Equal(BruteForce(weights, 0, 0), value, 9);
            var greedy = LinearAssignment.Greedy(weights, Enumerable.Range(0, weights.GetLength(0)));
            AssertAllowed(weights, greedy);
            Assert.True(value >= LinearAssignment.Value(weights, greedy) - 1e-9, $"seed {seed}");
        }
    }

    [Fact]
    public void Best_FullEightByEight_WorthWhatEveryOrderTriedFinds()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var weights = RandomTable(new Random(seed), 8, 8);
            Assert.Equal(BruteForce(weights, 0, 0), LinearAssignment.Value(weights, LinearAssignment.Best(weights)), 9);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Best_LargeTables_PotentialsOfTheTransposeGiveTheSameValue(int seed)
    {
        var weights = RandomTable(new Random(seed), 120, 170);
        var turned = new double[170, 120];
        for (var row = 0; row < 120; row++)
        {
            for (var column = 0; column < 170; column++)
            {
                turned[column, row] = weights[row, column];
            }
        }

        var best = LinearAssignment.Best(weights);
        AssertAllowed(weights, best);
        Assert.Equal(LinearAssignment.Value(turned, LinearAssignment.Best(turned)), LinearAssignment.Value(weights, best), 6);
    }

    [Fact]
    public void Best_GreedyTakesTheBestFirst_OptimalGivesItAway()
    {
        var weights = new double[,] { { 1.0, 0.9 }, { 0.8, X } };
        Assert.Equal([1, 0], LinearAssignment.Best(weights));
        Assert.Equal([0, LinearAssignment.None], LinearAssignment.Greedy(weights, [0, 1]));
    }

    [Fact]
    public void Best_RowOfForbiddenPairs_StaysFree() =>
        Assert.Equal([LinearAssignment.None, 0], LinearAssignment.Best(new double[,] { { X, X }, { 1, X } }));

    [Fact]
    public void Best_NoColumns_NobodyAssigned() => Assert.Equal([LinearAssignment.None, LinearAssignment.None], LinearAssignment.Best(new double[2, 0]));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-1)]
    [InlineData(double.PositiveInfinity)]
    public void Best_WeightNotAllowed_Refused(double weight)
    {
        Assert.Throws<ArgumentException>(() => LinearAssignment.Best(new[,] { { weight } }));
        Assert.Throws<ArgumentException>(() => LinearAssignment.Greedy(new[,] { { weight } }, [0]));
    }

    [Fact]
    public void Best_TooManyWeights_Refused() => Assert.Throws<ArgumentException>(() => LinearAssignment.Best(new double[4001, 4000]));

    private static double[,] RandomTable(Random random, int rows, int columns)
    {
        var weights = new double[rows, columns];
        // Tables of few different weights have many ties.
        var steps = random.Next(3) == 0 ? 3 : 1000;
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                weights[row, column] = random.NextDouble() < 0.25 ? X : random.Next(steps) / (double)steps;
            }
        }

        return weights;
    }

    private static void AssertAllowed(double[,] weights, int[] columnOf)
    {
        var taken = columnOf.Where(c => c != LinearAssignment.None).ToList();
        Assert.Equal(taken.Count, taken.Distinct().Count());
        Assert.All(columnOf.Index(), p => Assert.True(p.Item == LinearAssignment.None || weights[p.Index, p.Item] >= 0));
    }

    private static double BruteForce(double[,] weights, int row, int taken)
    {
        if (row == weights.GetLength(0))
        {
            return 0;
        }

        var best = BruteForce(weights, row + 1, taken);
        for (var column = 0; column < weights.GetLength(1); column++)
        {
            if ((taken & (1 << column)) == 0 && weights[row, column] >= 0)
            {
                best = Math.Max(best, weights[row, column] + BruteForce(weights, row + 1, taken | (1 << column)));
            }
        }

        return best;
    }
}

using FsCheck;
using FsCheck.Fluent;
using Quorate.Engine.Ask.Analysis;

namespace Quorate.Tests.Unit.Ask;

public class SimilarityTests
{
    [Fact]
    public void OfTexts_AnyTexts_IsSymmetricWithin0And1And1OnTheDiagonal()
    {
        var words = Gen.Elements("a", "the", "Plan", "works", "not", "7", "!", "ü", "\0", "日本", "works.", "");
        var texts = words.ListOf().Select(w => string.Join(' ', w)).ListOf();
        Prop.ForAll(texts.ToArbitrary(), list => Holds(Similarity.OfTexts([.. list]), list.Count)).Check(Config.QuickThrowOnFailure.WithReplay(42, 43).WithMaxTest(300));
    }

    [Fact]
    public void OfEmbeddings_AnyVectors_IsSymmetricWithin0And1And1OnTheDiagonal()
    {
        var vectors = Gen.Choose(-1000, 1000).Select(v => v / 100f).ListOf(5).ListOf();
        Prop.ForAll(vectors.ToArbitrary(), list => Holds(Similarity.OfEmbeddings([.. list.Select(v => v.ToList())], list.Count)!, list.Count)).Check(Config.QuickThrowOnFailure.WithReplay(42, 43).WithMaxTest(300));
    }

    [Fact]
    public void OfTexts_SameWords_Is1AndEmptyIs0()
    {
        var matrix = Similarity.OfTexts(["The plan works.", "the plan works", "", "entirely different words"]);
        Assert.Equal(1, matrix[0][1], 12);
        Assert.Equal([0, 0, 1, 0], matrix[2]);
        Assert.Equal(0, matrix[0][3]);
    }

    [Fact]
    public void OfEmbeddings_KnownVectors_IsTheirCosine()
    {
        var matrix = Similarity.OfEmbeddings([[1, 0], [1, 1], [-1, 0], [0, 0]], 4)!;
        Assert.Equal(Math.Sqrt(0.5), matrix[0][1], 12);
        Assert.Equal((0, 0), (matrix[0][2], matrix[0][3]));
    }

    [Fact]
    public void OfEmbeddings_UnusableVectors_AreRefused()
    {
        Assert.Null(Similarity.OfEmbeddings([[1, 0]], 2));
        Assert.Null(Similarity.OfEmbeddings([[1, 0], [1]], 2));
        Assert.Null(Similarity.OfEmbeddings([[1, 0], [float.NaN, 1]], 2));
        Assert.Null(Similarity.OfEmbeddings([[], []], 2));
    }

    [Fact]
    public void Score_Matrices_Is100TimesTheMeanOfPairs()
    {
        Assert.Equal(100 * (0.2 + 0.4 + 0.9) / 3, Similarity.Score([[1, 0.2, 0.4], [0.2, 1, 0.9], [0.4, 0.9, 1]]), 9);
        Assert.Equal(0, Similarity.Score([[1]]));
        Assert.Equal(0, Similarity.Score([]));
    }

    [Fact]
    public void Outliers_OneUnlikeFour_IsFoundAndEqualsNever()
    {
        string[] agreeing = ["The cache is slow because it is cold.", "Because it is cold, the cache is slow.", "The cache is cold and slow.", "A cold cache is slow."];
        Assert.Equal([4], Similarity.Outliers(Similarity.OfTexts([.. agreeing, "Buy my new book about gardening today!"])));
        Assert.Empty(Similarity.Outliers(Similarity.OfTexts([.. agreeing, agreeing[0]])));
        Assert.Empty(Similarity.Outliers(Similarity.OfTexts([.. Enumerable.Repeat("the same", 6)])));
        Assert.Empty(Similarity.Outliers(Similarity.OfTexts(["one thing", "one thing", "quite another"])));
    }

    [Fact]
    public void Outliers_AnyCopiesOfOneAnswer_AreNone() => Prop.ForAll(
        Gen.Choose(4, 12).SelectMany(n => Gen.Elements("", "a", "The plan works, always.").Select(t => Enumerable.Repeat(t, n).ToList())).ToArbitrary(),
        texts => Similarity.Outliers(Similarity.OfTexts(texts)).Count == 0).Check(Config.QuickThrowOnFailure.WithReplay(42, 43));

    [Fact]
    public void Centroid_NearestToAll_FirstOfEqualOnes()
    {
        Assert.Equal(1, Similarity.Centroid([[1, 0.5, 0.1], [0.5, 1, 0.6], [0.1, 0.6, 1]]));
        Assert.Equal(0, Similarity.Centroid([[1, 0.5], [0.5, 1]]));
        Assert.Equal(0, Similarity.Centroid([[1]]));
        Assert.Equal(-1, Similarity.Centroid([]));
    }

    private static bool Holds(IReadOnlyList<IReadOnlyList<double>> matrix, int count) =>
        matrix.Count == count && matrix.Select((row, i) => row.Count == count && row[i] == 1 && row.Select((v, j) => v is >= 0 and <= 1 && v == matrix[j][i]).All(ok => ok)).All(ok => ok)
        && Similarity.Score(matrix) is >= 0 and <= 100;
}

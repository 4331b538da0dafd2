using Quorate.Models.Documents;

namespace Quorate.Engine.Ask.Analysis;

/// <summary>How alike answers are, in pairs, and what follows from it.</summary>
public static class Similarity
{
    /// <summary>The name of the embedded vectoriser: TF-IDF over the panel's own answers, in words and pairs of words.</summary>
    public const string Embedded = "tf-idf";

    private const int LeastForOutliers = 4;

    /// <summary>Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993: modified z-scores beyond 3.5.</summary>
    private const double OutlierScore = 3.5;
    private const double NormalConsistency = 0.6745;

    /// <summary>Where most answers are the same the deviation is near 0, and one in other words would stand out beside them.</summary>
    private const double LeastDeviation = 0.1;
    private const double LeastLogDeviation = 0.3;
    private const double LeastMean = 0.02;

    /// <summary>Cosines of the embedded vectors, 0 to 1, symmetric, 1 on the diagonal; a text without words has 0 with every other.</summary>
    public static IReadOnlyList<IReadOnlyList<double>> OfTexts(IReadOnlyList<string> texts)
    {
        var features = texts.Select(t => TfIdf.WithPairs([.. Words.Of(t)]).ToList()).ToList();
        var space = new TfIdf(features);
        var vectors = features.Select(space.Vector).ToList();
        return Matrix(texts.Count, (a, b) => TfIdf.Cosine(vectors[a], vectors[b]));
    }

    /// <summary>Cosines of given embeddings, negative ones as 0.</summary>
    /// <returns>null when they cannot be compared: another number than <paramref name="count"/>, different lengths, or a value that is no number.</returns>
    public static IReadOnlyList<IReadOnlyList<double>>? OfEmbeddings(IReadOnlyList<IReadOnlyList<float>> embeddings, int count)
    {
        if (embeddings.Count != count || embeddings.Any(e => e.Count == 0 || e.Count != embeddings[0].Count || !e.All(float.IsFinite)))
        {
            return null;
        }

        var lengths = embeddings.Select(e => Math.Sqrt(e.Sum(v => (double)v * v))).ToList();
        return Matrix(count, (a, b) =>
        {
            var product = embeddings[a].Zip(embeddings[b], (x, y) => (double)x * y).Sum();
            return lengths[a] == 0 || lengths[b] == 0 ? 0 : Math.Clamp(product / (lengths[a] * lengths[b]), 0, 1);
        });
    }

    /// <summary>100 × the mean similarity of different answers; 0 for fewer than two, which agree with nobody.</summary>
    public static double Score(IReadOnlyList<IReadOnlyList<double>> matrix) =>
        matrix.Count < 2 ? 0 : 100 * Enumerable.Range(0, matrix.Count).Average(i => MeanToOthers(matrix, i));

    /// <summary>
    /// Answers unlike the others, of four or more: their mean similarity to the others lies below the median by a modified z-score of
    /// more than 3.5 (0.6745 × distance / median absolute deviation). That is asked of the means themselves (deviation at least 0.1), which
    /// suits embeddings, where all texts are somewhat alike, and of their logarithms (means at least 0.02, deviation at least 0.3), which suits
    /// word vectors, where answers that agree are alike to very different degrees.
    /// </summary>
    public static IReadOnlyList<int> Outliers(IReadOnlyList<IReadOnlyList<double>> matrix)
    {
        if (matrix.Count < LeastForOutliers)
        {
            return [];
        }

        var means = Enumerable.Range(0, matrix.Count).Select(i => MeanToOthers(matrix, i)).ToList();
        return [.. FarBelow(means, LeastDeviation).Union(FarBelow([.. means.Select(m => Math.Log(Math.Max(LeastMean, m)))], LeastLogDeviation)).Order()];
    }

    private static IEnumerable<int> FarBelow(List<double> values, double leastDeviation)
    {
        var median = Median(values);
        var deviation = Math.Max(leastDeviation, Median(values.Select(v => Math.Abs(v - median))));
        return Enumerable.Range(0, values.Count).Where(i => NormalConsistency * (median - values[i]) / deviation > OutlierScore);
    }

    /// <summary>The answer nearest to all others; of equally near ones the first; −1 for none.</summary>
    public static int Centroid(IReadOnlyList<IReadOnlyList<double>> matrix) =>
        matrix.Count == 0 ? -1 : Enumerable.Range(0, matrix.Count).MaxBy(i => MeanToOthers(matrix, i));

    private static double MeanToOthers(IReadOnlyList<IReadOnlyList<double>> matrix, int row) =>
        matrix.Count < 2 ? 0 : matrix[row].Where((_, column) => column != row).Average();

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static double[][] Matrix(int count, Func<int, int, double> similarity)
    {
        var matrix = Enumerable.Range(0, count).Select(_ => new double[count]).ToArray();
        for (var a = 0; a < count; a++)
        {
            matrix[a][a] = 1;
            for (var b = a + 1; b < count; b++)
            {
                matrix[a][b] = matrix[b][a] = similarity(a, b);
            }
        }

        return matrix;
    }
}

namespace Quorate.Contracts.Asking;

/// <summary>How a panel's answers compare.</summary>
public sealed record ResponseAnalysis
{
    public required SimilarityMatrix Similarity { get; init; }

    /// <summary>VADER's compound score, −1 to 1, by member.</summary>
    public required IReadOnlyDictionary<string, double> Polarity { get; init; }

    /// <summary>Shares of the tones, by member; each member's sum to 1, or all are 0 when no tone was found.</summary>
    public required IReadOnlyDictionary<string, EmotionalTone> Emotions { get; init; }

    /// <summary>By member.</summary>
    public required IReadOnlyDictionary<string, RadarFeatures> Radar { get; init; }
}

/// <param name="Models">Rows and columns, in the panel's order.</param>
/// <param name="Values">Cosines, 0 to 1, symmetric, 1 on the diagonal.</param>
/// <param name="Vectoriser">What made the vectors: <c>tf-idf</c>, or the embedding model's name.</param>
public sealed record SimilarityMatrix(IReadOnlyList<string> Models, IReadOnlyList<IReadOnlyList<double>> Values, string Vectoriser);

public sealed record EmotionalTone(double Empathetic, double Judgmental, double Analytical, double Ambivalent, double Defensive, double Curious);

/// <summary>All 0 to 1. Length: words beside the longest answer; polarity: (compound+1)/2.</summary>
public sealed record RadarFeatures(double Length, double Polarity, double Subjectivity, double Analytical, double Empathetic, double Curious);

using Quorate.Contracts.Asking;
namespace Quorate.Engine.Ask.Analysis;
public static class ClaimSupport { public static IReadOnlyList<SupportedClaim> Of(string summary, IReadOnlyList<(string Model, string Text)> answers) => [new SupportedClaim(summary, [.. answers.Select(a => a.Model)])]; }
public static class ResponseAnalyzer { 
 public static ResponseAnalysis Analyze(IReadOnlyList<(string Model, string Text)> answers, IReadOnlyList<IReadOnlyList<float>>? embeddings = null, string? embeddingModel = null) => new() { Similarity = new([], [], ""), Polarity = new Dictionary<string,double>(), Emotions = new Dictionary<string, EmotionalTone>(), Radar = new Dictionary<string, RadarFeatures>() };
 public static double Score(SimilarityMatrix m) => 0; public static IReadOnlyList<int> Outliers(SimilarityMatrix m) => []; public static int Centroid(SimilarityMatrix m) => 0; }

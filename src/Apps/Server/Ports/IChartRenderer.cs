using Quorate.Contracts.Asking;

namespace Quorate.Server.Ports;

/// <summary>Draws how a panel's answers compare.</summary>
public interface IChartRenderer
{
    /// <summary>heatmap, emotion_chart, polarity_chart and radar_chart.</summary>
    IReadOnlyList<string> Kinds { get; }

    /// <summary>An SVG document.</summary>
    Task<string> RenderAsync(ResponseAnalysis analysis, string kind, CancellationToken cancellationToken);
}

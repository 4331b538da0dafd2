using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Quorate.Contracts;
using Quorate.Contracts.Asking;

namespace Quorate.Charts;

/// <summary>The four pictures of an analysis as SVG: the components of the pages, rendered to text.</summary>
public static class ChartFiles
{
    /// <summary>The kinds, which are also the files' names without <c>.svg</c>.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["heatmap", "emotion_chart", "polarity_chart", "radar_chart"];

    /// <summary>A picture that stands for itself, light or dark as its reader prefers.</summary>
    /// <exception cref="QuorateException">Input: no such kind.</exception>
    public static async Task<string> RenderAsync(ResponseAnalysis analysis, string kind)
    {
        await using var services = new ServiceCollection().BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () => (await Component(renderer, analysis, kind)).ToHtmlString().Trim());
    }

    /// <summary>Writes the four files into a folder, which is made when it is not there, over earlier ones.</summary>
    /// <returns>Their paths, in the kinds' order.</returns>
    /// <exception cref="QuorateException">Input: the folder cannot be written.</exception>
    public static async Task<IReadOnlyList<string>> WriteAsync(ResponseAnalysis analysis, string folder, CancellationToken cancellationToken = default)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var written = new List<string>();
            foreach (var kind in Kinds)
            {
                var path = Path.Combine(folder, kind + ".svg");
                await File.WriteAllTextAsync(path, await RenderAsync(analysis, kind) + "\n", cancellationToken);
                written.Add(path);
            }

            return written;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Input("plots_unwritable", $"The pictures cannot be written to {folder}: {e.Message}", "Name a folder that you may write to.", e);
        }
    }

    private static Task<Microsoft.AspNetCore.Components.Web.HtmlRendering.HtmlRootComponent> Component(HtmlRenderer renderer, ResponseAnalysis analysis, string kind) => kind switch
    {
        "heatmap" => renderer.RenderComponentAsync<Heatmap>(With(nameof(Heatmap.Similarity), analysis.Similarity)),
        "emotion_chart" => renderer.RenderComponentAsync<EmotionChart>(With(nameof(EmotionChart.Emotions), analysis.Emotions)),
        "polarity_chart" => renderer.RenderComponentAsync<PolarityChart>(With(nameof(PolarityChart.Polarity), analysis.Polarity)),
        "radar_chart" => renderer.RenderComponentAsync<RadarChart>(With(nameof(RadarChart.Radar), analysis.Radar)),
        _ => throw QuorateException.Input("unknown_picture", $"There is no picture {PlainText.Line(kind, 40)}.", $"The pictures are {string.Join(", ", Kinds)}."),
    };

    private static ParameterView With(string name, object value) => ParameterView.FromDictionary(new Dictionary<string, object?>(StringComparer.Ordinal) { [name] = value });
}

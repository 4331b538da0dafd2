using System.Globalization;
using System.Xml.Linq;
using Quorate.Charts;
using Quorate.Contracts;
using Quorate.Contracts.Asking;

namespace Quorate.Tests.Unit.Charts;

public class ChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(12)]
    public async Task Render_AnyPanel_IsSvgWithTitleDescriptionAndEveryMember(int members)
    {
        foreach (var kind in ChartFiles.Kinds)
        {
            var root = XDocument.Parse(await ChartFiles.RenderAsync(Analysis([.. Enumerable.Range(1, members).Select(i => $"model-{i}")]), kind)).Root!;
            Assert.Equal(Svg + "svg", root.Name);
            var ids = ((string)root.Attribute("aria-labelledby")!).Split(' ');
            Assert.Equal(ids, root.Elements().Take(2).Select(e => (string)e.Attribute("id")!));
            Assert.All(root.Elements().Take(2), e => Assert.NotEmpty(e.Value));
            Assert.Contains("prefers-color-scheme: dark", root.Element(Svg + "style")!.Value, StringComparison.Ordinal);
            var texts = root.Descendants(Svg + "text").Select(t => t.Value).ToHashSet();
            Assert.All(Enumerable.Range(1, members), i => Assert.Contains($"model-{i}", texts));
            Assert.True(Inside(root));
        }
    }

    [Fact]
    public async Task Render_HostileNames_AreTextAndShort()
    {
        string[] names = ["<script>alert('x')</script>", "a&b\"c'\u0001\uFFFE\u001b[31m", "provider/" + new string('m', 60) + "-70b-instruct", "\ud800half", "日本語の長いモデル名はここで短くなります"];
        foreach (var kind in ChartFiles.Kinds)
        {
            var svg = await ChartFiles.RenderAsync(Analysis(names), kind);
            var root = XDocument.Parse(svg).Root!;
            Assert.DoesNotContain("<script", svg, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(root.Descendants(), e => e.Name.LocalName.Equals("script", StringComparison.OrdinalIgnoreCase));
            Assert.Contains(root.Descendants(Svg + "text"), t => t.Value == "<script>ale…/script>");
            Assert.Contains(root.Descendants(Svg + "text"), t => t.Value == "provider/mm…instruct");
            Assert.True(Inside(root));
        }
    }

    [Fact]
    public async Task Heatmap_Cells_ShowEachValueOnItsStepAndNameTheVectoriser()
    {
        var root = XDocument.Parse(await ChartFiles.RenderAsync(Analysis(["a", "b"]), "heatmap")).Root!;
        var cells = root.Descendants(Svg + "g").Where(g => g.Element(Svg + "rect") is not null).ToList();
        Assert.Equal(["1.00", "0.30", "0.30", "1.00"], cells.Select(c => c.Element(Svg + "text")!.Value));
        Assert.Equal(["s10 cut", "s3 cut", "s3 cut", "s10 cut"], cells.Select(c => (string)c.Element(Svg + "rect")!.Attribute("class")!));
        Assert.Contains(root.Elements(Svg + "text"), t => t.Value.EndsWith("vectors: tf-idf", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Polarity_Bars_GoLeftAndRightOfZeroByTheirValue()
    {
        var analysis = Analysis(["up", "down"]) with { Polarity = new Dictionary<string, double> { ["up"] = 0.5, ["down"] = -1 } };
        var root = XDocument.Parse(await ChartFiles.RenderAsync(analysis, "polarity_chart")).Root!;
        var bars = root.Descendants(Svg + "g").Select(g => g.Element(Svg + "rect")!).ToList();
        var zero = Number(root.Elements(Svg + "line").Single(l => (string)l.Attribute("class")! == "axis"), "x1");
        Assert.Equal(("up", "down"), ((string)bars[0].Attribute("class")!, (string)bars[1].Attribute("class")!));
        Assert.Equal(zero, Number(bars[0], "x"), 0.02);
        Assert.Equal(zero, Number(bars[1], "x") + Number(bars[1], "width"), 0.02);
        Assert.Equal(Number(bars[1], "width"), 2 * Number(bars[0], "width"), 0.05);
    }

    [Fact]
    public async Task Emotions_Segments_FillTheBarByTheirShares()
    {
        var analysis = Analysis(["a"]) with { Emotions = new Dictionary<string, EmotionalTone> { ["a"] = new(0.25, 0, 0.5, 0, 0.2, 0.05), ["none"] = new(0, 0, 0, 0, 0, 0) } };
        var root = XDocument.Parse(await ChartFiles.RenderAsync(analysis, "emotion_chart")).Root!;
        var segments = root.Descendants(Svg + "g").Select(g => g.Element(Svg + "rect")!).ToList();
        Assert.Equal([0.25, 0.5, 0.2, 0.05], segments.Select(s => Math.Round(Number(s, "width") / segments.Sum(x => Number(x, "width")), 6)));
        Assert.Contains(root.Elements(Svg + "text"), t => t.Value == "no tone found");
    }

    [Fact]
    public async Task Radar_ValuesOutOfRange_StayInside()
    {
        var analysis = Analysis(["a"]) with { Radar = new Dictionary<string, RadarFeatures> { ["a"] = new(7, -3, double.NaN, double.PositiveInfinity, 0.5, 1) } };
        Assert.True(Inside(XDocument.Parse(await ChartFiles.RenderAsync(analysis, "radar_chart")).Root!));
    }

    [Fact]
    public void Palette_LabelsOnEveryStep_HaveTheContrastOfReadableText()
    {
        Assert.Equal(21, Palette.Contrast("#000000", "#ffffff"), 6);
        foreach (var dark in new[] { false, true })
        {
            var steps = Enumerable.Range(0, Palette.Steps + 1).Select(s => Palette.ScaleColour(s, dark)).ToList();
            Assert.All(steps, c => Assert.True(Palette.Contrast(c, Palette.On(c)) >= 4.5, c));
            var ground = dark ? "#000000" : "#ffffff";
            Assert.Equal(steps.OrderBy(c => Palette.Contrast(c, ground)), steps);
        }
    }

    [Fact]
    public async Task Write_NewFolder_HoldsTheFourPictures()
    {
        var folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var files = await ChartFiles.WriteAsync(Analysis(["a", "b"]), Path.Combine(folder, "plots"), TestContext.Current.CancellationToken);
            Assert.Equal(["heatmap.svg", "emotion_chart.svg", "polarity_chart.svg", "radar_chart.svg"], files.Select(Path.GetFileName));
            Assert.All(files, f => XDocument.Load(f));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Render_UnknownKindOrFolderThatIsAFile_SaysWhatIsAllowed()
    {
        var kind = await Assert.ThrowsAsync<QuorateException>(() => ChartFiles.RenderAsync(Analysis(["a"]), "pie"));
        Assert.Equal((ErrorKind.Input, "unknown_picture"), (kind.Kind, kind.Code));
        Assert.Contains("radar_chart", kind.Hint, StringComparison.Ordinal);
        var folder = await Assert.ThrowsAsync<QuorateException>(() => ChartFiles.WriteAsync(Analysis(["a"]), Environment.ProcessPath!, TestContext.Current.CancellationToken));
        Assert.Equal("plots_unwritable", folder.Code);
    }

    private static ResponseAnalysis Analysis(IReadOnlyList<string> names) => new()
    {
        Similarity = new SimilarityMatrix(names, [.. names.Select((_, i) => (IReadOnlyList<double>)[.. names.Select((_, j) => i == j ? 1 : 0.3)])], "tf-idf"),
        Polarity = names.Select((n, i) => (n, i)).ToDictionary(x => x.n, x => (x.i % 5 / 2.0) - 1),
        Emotions = names.ToDictionary(n => n, _ => new EmotionalTone(0.1, 0.2, 0.3, 0.1, 0.1, 0.2)),
        Radar = names.ToDictionary(n => n, _ => new RadarFeatures(1, 0.5, 0.2, 0.3, 0.1, 0.2)),
    };

    /// <summary>Every shape's and text's position lies within the picture.</summary>
    private static bool Inside(XElement root)
    {
        var (width, height) = (Number(root, "width"), Number(root, "height"));
        var places = root.Descendants().Where(e => e.Attribute("transform") is null)
            .SelectMany(e => new[] { ("x", width), ("y", height), ("cx", width), ("cy", height), ("x2", width), ("y2", height) }.Where(a => e.Attribute(a.Item1) is not null).Select(a => (At: Number(e, a.Item1), Most: a.Item2)));
        var points = root.Descendants(Svg + "polygon").SelectMany(p => ((string)p.Attribute("points")!).Split(' ')).Select(p => p.Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray());
        return places.All(p => p.At >= 0 && p.At <= p.Most) && points.All(p => p[0] >= 0 && p[0] <= width && p[1] >= 0 && p[1] <= height);
    }

    private static double Number(XElement element, string attribute) => double.Parse((string)element.Attribute(attribute)!, CultureInfo.InvariantCulture);
}

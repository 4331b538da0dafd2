using System.Globalization;
using System.Text;

namespace Quorate.Charts;

/// <summary>
/// The charts' colours, light and dark. Series follow Okabe and Ito (Color Universal Design, 2008), the heatmap a scale of one hue whose
/// lightness alone tells the value, so that both can be read with any colour vision and in grey.
/// </summary>
public static class Palette
{
    /// <summary>The heatmap's scale has a class <c>s0</c> to <c>s10</c> for each tenth.</summary>
    public const int Steps = 10;

    /// <summary>Classes <c>c0</c> to <c>c5</c>: green, vermilion, blue, purple, orange, sky.</summary>
    private static readonly string[] Series = ["#009E73", "#D55E00", "#0072B2", "#CC79A7", "#E69F00", "#56B4E9"];

    private static readonly Theme Light = new("#ffffff", "#1b1f24", "#57606a", "#d0d7de", ["#eff5fb", "#6baed6", "#08306b"], "#0072B2", "#D55E00");
    private static readonly Theme Dark = new("#0d1117", "#e6edf3", "#9da7b1", "#30363d", ["#14202e", "#3578b5", "#d6e8f8"], "#56B4E9", "#E69F00");

    private static readonly Lazy<string> Sheet = new(() => $"{Rules(Light)}@media (prefers-color-scheme: dark){{{Rules(Dark)}}}");

    /// <summary>The style sheet of a chart; it concerns only what is inside <c>.quorate-chart</c>.</summary>
    public static string Css => Sheet.Value;

    public static int Step(double value) => (int)Math.Round(Math.Clamp(double.IsFinite(value) ? value : 0, 0, 1) * Steps);

    /// <summary>Contrast of two colours <c>#rrggbb</c>, 1 to 21 (WCAG 2.2).</summary>
    public static double Contrast(string a, string b)
    {
        var (x, y) = (Luminance(a), Luminance(b));
        return (Math.Max(x, y) + 0.05) / (Math.Min(x, y) + 0.05);
    }

    /// <summary>Black or white, whichever can be read better on a colour.</summary>
    public static string On(string colour) => Contrast(colour, "#000000") >= Contrast(colour, "#ffffff") ? "#000000" : "#ffffff";

    /// <summary>The heatmap's colour of a step, light or dark.</summary>
    public static string ScaleColour(int step, bool dark)
    {
        var scale = (dark ? Dark : Light).Scale;
        var at = step * (scale.Length - 1) / (double)Steps;
        var stop = Math.Min((int)at, scale.Length - 2);
        return "#" + string.Concat(Rgb(scale[stop]).Zip(Rgb(scale[stop + 1]), (a, b) => ((int)Math.Round(a + ((b - a) * (at - stop)))).ToString("x2", CultureInfo.InvariantCulture)));
    }

    private static string Rules(Theme theme)
    {
        var css = new StringBuilder();
        void Rule(string selector, string declarations) => css.Append(".quorate-chart ").Append(selector).Append('{').Append(declarations).Append('}');
        Rule("text", $"fill:{theme.Ink};font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:12px");
        Rule(".title", "font-size:17px;font-weight:600");
        Rule(".muted", $"fill:{theme.Muted}");
        Rule(".strong", "font-weight:600");
        Rule(".small", "font-size:11px");
        Rule(".ground", $"fill:{theme.Ground}");
        Rule(".grid", $"stroke:{theme.Grid};fill:none");
        Rule(".axis", $"stroke:{theme.Muted};fill:none");
        Rule(".cut", $"stroke:{theme.Ground}");
        Rule(".band", $"fill:{theme.Grid};opacity:.45");
        Rule(".up", $"fill:{theme.Up}");
        Rule(".down", $"fill:{theme.Down}");
        Rule(".area", $"fill:{theme.Up};fill-opacity:.28;stroke:{theme.Up};stroke-width:2;stroke-linejoin:round");
        Rule(".mean", $"fill:none;stroke:{theme.Down};stroke-width:1.6;stroke-dasharray:4 3;stroke-linejoin:round");
        for (var i = 0; i < Series.Length; i++)
        {
            Rule($".c{i}", $"fill:{Series[i]}");
            Rule($"text.t{i}", $"fill:{On(Series[i])}");
        }

        for (var step = 0; step <= Steps; step++)
        {
            var colour = ScaleColour(step, theme == Dark);
            Rule($".s{step}", $"fill:{colour}");
            Rule($"text.l{step}", $"fill:{On(colour)}");
        }

        return css.ToString();
    }

    private static double Luminance(string colour)
    {
        var linear = Rgb(colour).Select(c => c / 255.0).Select(c => c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4)).ToArray();
        return (0.2126 * linear[0]) + (0.7152 * linear[1]) + (0.0722 * linear[2]);
    }

    private static int[] Rgb(string colour) => [Byte(colour, 1), Byte(colour, 3), Byte(colour, 5)];

    private static int Byte(string colour, int at) => int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed record Theme(string Ground, string Ink, string Muted, string Grid, string[] Scale, string Up, string Down);
}

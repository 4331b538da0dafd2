using System.Globalization;
using System.Text;

namespace Quorate.Lab.Cloud.Exporting;

/// <summary>Prometheus's text format 0.0.4, one family after the other.</summary>
internal sealed class Exposition
{
    private readonly StringBuilder text = new(2048);

    public Exposition Gauge(string name, string help, double value) => Family(name, "gauge", help, ("", value));

    public Exposition Counter(string name, string help, double value) => Family(name, "counter", help, ("", value));

    /// <param name="name">Of the family.</param>
    /// <param name="type">gauge or counter.</param>
    /// <param name="help">One line.</param>
    /// <param name="samples">Labels as <c>name="value"</c>, empty for none, and the value.</param>
    public Exposition Family(string name, string type, string help, params (string Labels, double Value)[] samples)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        foreach ((string labels, double value) in samples)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {value}\n");
        }
        return this;
    }

    public override string ToString() => text.ToString();
}

using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Quorate.Server.Metrics;

/// <summary>Keeps what one meter measures and writes it as Prometheus text (exposition format 0.0.4).</summary>
internal sealed class PrometheusListener : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Combinations of labels of one instrument; more are not kept, so that no caller can fill the memory.</summary>
    private const int MaxSeries = 1_000;

    private static readonly double[] Buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

    private readonly MeterListener _listener = new();
    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);

    public PrometheusListener(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter))
            {
                listener.EnableMeasurementEvents(instrument, Add(instrument));
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.Start();
    }

    public string Write()
    {
        var text = new StringBuilder();
        lock (_families)
        {
            foreach (var (name, family) in _families)
            {
                family.Write(text, name);
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private Family Add(Instrument instrument)
    {
        var kind = instrument.GetType().GetGenericTypeDefinition();
        var family = new Family(kind == typeof(Histogram<>) ? "histogram" : kind == typeof(Gauge<>) ? "gauge" : "counter", instrument.Description ?? "");
        lock (_families)
        {
            _families[instrument.Name] = family;
        }

        return family;
    }

    private sealed class Series
    {
        public double Sum { get; set; }

        public long Count { get; set; }

        public long[] InBucket { get; } = new long[Buckets.Length];
    }

    /// <summary>One instrument with its series by label text.</summary>
    private sealed class Family(string kind, string help)
    {
        private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = Labels(tags);
            lock (_series)
            {
                if (!_series.TryGetValue(labels, out var series))
                {
                    if (_series.Count >= MaxSeries)
                    {
                        return;
                    }

                    _series[labels] = series = new Series();
                }

                series.Sum = kind == "gauge" ? value : series.Sum + value;
                series.Count++;
                for (var i = 0; i < Buckets.Length && kind == "histogram"; i++)
                {
                    series.InBucket[i] += value <= Buckets[i] ? 1 : 0;
                }
            }
        }

        public void Write(StringBuilder text, string name)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {kind}\n");
            lock (_series)
            {
                foreach (var (labels, series) in _series)
                {
                    if (kind == "histogram")
                    {
                        WriteHistogram(text, name, labels, series);
                    }
                    else
                    {
                        text.Append(CultureInfo.InvariantCulture, $"{name}{Braces(labels)} {series.Sum:R}\n");
                    }
                }
            }
        }

        private static void WriteHistogram(StringBuilder text, string name, string labels, Series series)
        {
            var before = labels.Length > 0 ? labels + "," : "";
            for (var i = 0; i < Buckets.Length; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{before}le=\"{Buckets[i]:R}\"}} {series.InBucket[i]}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{before}le=\"+Inf\"}} {series.Count}\n");
            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{Braces(labels)} {series.Sum:R}\n{name}_count{Braces(labels)} {series.Count}\n");
        }

        private static string Braces(string labels) => labels.Length > 0 ? $"{{{labels}}}" : "";

        private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = new StringBuilder();
            foreach (var (key, value) in tags)
            {
                var escaped = Convert.ToString(value, CultureInfo.InvariantCulture)!.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
                text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "," : "")}{key}=\"{escaped}\"");
            }

            return text.ToString();
        }
    }
}

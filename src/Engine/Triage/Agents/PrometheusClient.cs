using System.Globalization;
using System.Text.Json;

namespace Quorate.Engine.Triage.Agents;

/// <summary>Asks a Prometheus server for one metric's range. Only plain metric names are sent: a query is never built from foreign text.</summary>
public sealed class PrometheusClient(HttpClient http, Uri server, TimeProvider time)
{
    private const int Points = 60;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The metric over the last <paramref name="window"/>, summed over the series that carry the service's name in a label
    /// (<c>service</c>, or <c>service:port</c>); null when the server does not answer or knows no such series.
    /// </summary>
    /// <exception cref="ArgumentException">The name is not a plain metric name.</exception>
    public async Task<MetricSeries?> QueryRangeAsync(string metric, string service, TimeSpan window, CancellationToken cancellationToken)
    {
        if (!PrometheusText.IsName(metric))
        {
            throw new ArgumentException($"metric \"{metric}\" is not a plain name", nameof(metric));
        }

        var end = time.GetUtcNow();
        var step = Math.Max(1, window.TotalSeconds / Points);
        var query = string.Create(
            CultureInfo.InvariantCulture,
            $"api/v1/query_range?query={Uri.EscapeDataString(metric)}&start={Seconds(end - window):0.###}&end={Seconds(end):0.###}&step={step:0.###}");
        var root = new Uri(server.AbsoluteUri.EndsWith('/') ? server.AbsoluteUri : server.AbsoluteUri + "/");
        var text = await BoundedHttp.GetTextAsync(http, new Uri(root, query), Timeout, time, cancellationToken);
        return text is null ? null : Read(text, service);
    }

    private static MetricSeries? Read(string text, string service)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var sums = new SortedDictionary<double, double>();
            foreach (var series in document.RootElement.GetProperty("data").GetProperty("result").EnumerateArray())
            {
                if (!Names(series.GetProperty("metric"), service))
                {
                    continue;
                }

                foreach (var point in series.GetProperty("values").EnumerateArray())
                {
                    if (double.TryParse(point[1].GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
                    {
                        var at = point[0].GetDouble();
                        sums[at] = sums.GetValueOrDefault(at) + value;
                    }
                }
            }

            return sums.Count == 0 ? null : new MetricSeries([.. sums.Select(p => (p.Key, p.Value))]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static bool Names(JsonElement labels, string service) =>
        labels.EnumerateObject().Any(l => l.Value.GetString() is { } value
            && (value == service || value.StartsWith(service + ":", StringComparison.Ordinal)));

    private static double Seconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;
}

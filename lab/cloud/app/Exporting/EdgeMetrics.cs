using System.Globalization;
using System.Text.RegularExpressions;

namespace Quorate.Lab.Cloud.Exporting;

/// <summary>nginx's stub_status. Names are those of the usual nginx-prometheus-exporter.</summary>
// CA1001: built once at start-up; the client lives as long as the process does.
#pragma warning disable CA1001
internal sealed partial class EdgeMetrics(string host)
#pragma warning restore CA1001
{
    private const int Port = 8081;
    private const long MaxAnswer = 4_096;

    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new UriBuilder(Uri.UriSchemeHttp, host, Port).Uri,
        MaxResponseContentBufferSize = MaxAnswer,
    };

    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        string status = await client.GetStringAsync("/stub_status", cancellationToken);
        double[] numbers = [.. Number().Matches(status).Select(m => double.Parse(m.Value, CultureInfo.InvariantCulture))];
        if (numbers.Length != 7)
        {
            throw new IOException($"stub_status has {numbers.Length} numbers and not 7");
        }
        // In the page's order: active; accepts, handled, requests; reading, writing, waiting.
        return new Exposition()
            .Gauge("nginx_up", "1 when nginx answers.", 1)
            .Gauge("nginx_connections_active", "Connections.", numbers[0])
            .Counter("nginx_connections_accepted_total", "Connections accepted.", numbers[1])
            .Counter("nginx_connections_handled_total", "Connections not dropped for want of resources.", numbers[2])
            .Counter("nginx_http_requests_total", "Requests.", numbers[3])
            .Gauge("nginx_connections_reading", "Connections whose request is being read.", numbers[4])
            .Gauge("nginx_connections_writing", "Connections being answered.", numbers[5])
            .Gauge("nginx_connections_waiting", "Idle connections.", numbers[6])
            .ToString();
    }

    [GeneratedRegex(@"\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Number();
}

using System.Diagnostics.Metrics;
using System.Net;
using Quorate.Server.Metrics;

namespace Quorate.Tests.Unit.Server;

public class MetricsTests
{
    [Fact]
    public async Task Metrics_AfterAQuestion_CountRequestsJobsAndModels()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        await ServerBench.WaitAsync(client, await ServerBench.AskAsync(client, new { query = "q" }), "done");
        string text = "";
        await ServerBench.UntilAsync(
            async () => (text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken)).Contains("quorate_jobs_ended_total{outcome=\"done\"} 1\n", StringComparison.Ordinal),
            () => text);
        Assert.Contains("quorate_http_requests_total{method=\"POST\",route=\"/process_query\",status=\"200\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("quorate_model_calls_total{model=\"bob\",status=\"ok\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("quorate_model_tokens_total{model=\"bob\"} 7\n", text, StringComparison.Ordinal);
        Assert.Contains("quorate_model_cost_dollars_total{model=\"bob\"} 0.25\n", text, StringComparison.Ordinal);
        Assert.Contains("quorate_jobs_open{state=\"queued\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE quorate_http_request_duration_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(@"^(# (HELP|TYPE) .+|[a-z_]+(\{.+\})? [0-9.eE+-]+)$", line));
    }

    [Fact]
    public async Task Routes_OfUnknownPaths_ShareOneSeries()
    {
        await using var bench = await ServerBench.StartAsync();
        var client = await bench.ClientAsync();
        for (var i = 0; i < 5; i++)
        {
            using var response = await client.GetAsync($"/nowhere/{i}", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        var text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("route=\"none\",status=\"404\"} 5\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_WithQuotesAndBreaks_AreEscaped()
    {
        using var meter = new Meter("test");
        using var listener = new PrometheusListener(meter);
        meter.CreateCounter<long>("things_total", description: "Things.").Add(2, new KeyValuePair<string, object?>("name", "a\"b\\c\nd"));
        Assert.Equal("# HELP things_total Things.\n# TYPE things_total counter\nthings_total{name=\"a\\\"b\\\\c\\nd\"} 2\n", listener.Write());
    }

    [Fact]
    public void Histogram_Buckets_AreCumulative()
    {
        using var meter = new Meter("test");
        using var listener = new PrometheusListener(meter);
        var histogram = meter.CreateHistogram<double>("took_seconds");
        histogram.Record(0.02);
        histogram.Record(7);
        var text = listener.Write();
        Assert.Contains("took_seconds_bucket{le=\"0.01\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("took_seconds_bucket{le=\"0.025\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("took_seconds_bucket{le=\"10\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("took_seconds_bucket{le=\"+Inf\"} 2\ntook_seconds_sum 7.02\ntook_seconds_count 2\n", text, StringComparison.Ordinal);
    }
}

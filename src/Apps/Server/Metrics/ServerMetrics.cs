using System.Diagnostics.Metrics;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;

namespace Quorate.Server.Metrics;

/// <summary>What the server counts, by the names that Prometheus sees.</summary>
internal sealed class ServerMetrics : IDisposable
{
    private readonly Meter _meter = new("Quorate.Server");
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestSeconds;
    private readonly Counter<long> _jobs;
    private readonly Gauge<int> _openJobs;
    private readonly Counter<long> _calls;
    private readonly Counter<long> _tokens;
    private readonly Counter<double> _cost;

    public ServerMetrics()
    {
        // Before the instruments, so that it hears of each.
        Text = new PrometheusListener(_meter);
        _requests = _meter.CreateCounter<long>("quorate_http_requests_total", description: "Requests answered.");
        _requestSeconds = _meter.CreateHistogram<double>("quorate_http_request_duration_seconds", "s", "Time to answer a request.");
        _jobs = _meter.CreateCounter<long>("quorate_jobs_ended_total", description: "Questions that ended on this server.");
        _openJobs = _meter.CreateGauge<int>("quorate_jobs_open", description: "Questions that wait or run, on all servers of the store.");
        JobSeconds = _meter.CreateHistogram<double>("quorate_job_duration_seconds", "s", "Time this server worked on a question.");
        _calls = _meter.CreateCounter<long>("quorate_model_calls_total", description: "Members' parts in questions that are done.");
        _tokens = _meter.CreateCounter<long>("quorate_model_tokens_total", description: "Tokens of members' parts.");
        _cost = _meter.CreateCounter<double>("quorate_model_cost_dollars_total", description: "US dollars of members' parts, by the configured prices.");
    }

    public PrometheusListener Text { get; }

    public Histogram<double> JobSeconds { get; }

    public void CountRequest(string method, string route, int status, TimeSpan took)
    {
        _requests.Add(1, new("method", method), new("route", route), new("status", status));
        _requestSeconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("route", route));
    }

    public void CountJob(string outcome) => _jobs.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void SetOpenJobs(AskJobCounts counts)
    {
        _openJobs.Record(counts.Queued, new KeyValuePair<string, object?>("state", "queued"));
        _openJobs.Record(counts.Running, new KeyValuePair<string, object?>("state", "running"));
    }

    public void CountCalls(AskResult result)
    {
        foreach (var part in result.Responses)
        {
            var model = new KeyValuePair<string, object?>("model", part.Model);
            _calls.Add(1, model, new("status", part.Status));
            _tokens.Add(part.Tokens, model);
            _cost.Add((double)part.Cost, model);
        }
    }

    public void Dispose()
    {
        Text.Dispose();
        _meter.Dispose();
    }
}

using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Agents;

/// <summary>One GET to the service's own endpoint. The path is an argument; host and port never are.</summary>
internal sealed class EndpointCheck(HttpProbe probe)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public async Task<TaskResult> RunAsync(PlanTask task, ServiceSpec spec, ServiceObservation? observed, CancellationToken cancellationToken)
    {
        var root = FindRoot(spec, observed);
        if (root is null)
        {
            return ResultKeys.Refuse($"{spec.Name} has no HTTP endpoint that this host can reach");
        }

        var path = task.Text("path") is { Length: > 0 } given ? given : spec.Health?.PathAndQuery ?? "/";
        if (!path.StartsWith('/') || !Uri.TryCreate($"{root.GetLeftPart(UriPartial.Authority)}{path}", UriKind.Absolute, out var url)
            || url.Authority != root.Authority || url.UserInfo.Length > 0)
        {
            return ResultKeys.Refuse($"path \"{PlainText.Line(path, 120)}\" is not a path on the service; allowed: a path that begins with /");
        }

        var expected = task.Number("expect_status") is { } status ? (int)status : (int?)null;
        var answer = await probe.GetAsync(url, Timeout, cancellationToken);
        var passed = expected is null ? answer.Status < 500 : answer.Status == expected;
        var seen = answer.Status is { } code ? $"status {code.ToString(CultureInfo.InvariantCulture)}" : answer.Error ?? "nothing";
        var text = $"GET {url.PathAndQuery} of {spec.Name} answers {seen}{(passed ? "" : $", expected {expected?.ToString(CultureInfo.InvariantCulture) ?? "below 500"}")}.";
        return TaskResult.Ok(
            text,
            ("url", url), ("status", answer.Status), ("latency_ms", answer.LatencyMs), ("passed", passed),
            (ResultKeys.Finding, passed ? null : text));
    }

    private static Uri? FindRoot(ServiceSpec spec, ServiceObservation? observed) =>
        spec.Health is { Scheme: "http" or "https" } health ? health : observed?.Endpoints.FirstOrDefault(e => e.Scheme is "http" or "https");
}

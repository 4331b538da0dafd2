using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Quorate.Cli.Bench;

/// <summary>What is measured: so many connections, each asking one thing after another.</summary>
/// <param name="Connections">Side by side.</param>
/// <param name="DelayMs">Of the upstream, before its answer.</param>
/// <param name="GapMs">Between two tokens.</param>
/// <param name="Tokens">Of a stream; 0: whole answers.</param>
internal sealed record GatewayCase(int Connections, int DelayMs, int GapMs, int Tokens)
{
    public string Model => GatewayStub.Model(DelayMs, GapMs, Tokens);

    public string Body => JsonSerializer.Serialize(new { model = Model, messages = new[] { new { role = "user", content = "How many services are up?" } }, stream = Tokens > 0 });
}

/// <summary>One side of a case. Times in ms, from the request's first byte sent.</summary>
internal sealed record GatewaySide(double RequestsPerS, double P50Ms, double P99Ms, double FirstTokenP50Ms, double FirstTokenP99Ms);

/// <summary>A case measured directly at the upstream and through the gateway, one after the other.</summary>
internal sealed record GatewayRow
{
    public required GatewayCase Case { get; init; }
    public required GatewaySide Direct { get; init; }
    public required GatewaySide Gateway { get; init; }
    public double AddedP50Ms => Math.Round(Gateway.P50Ms - Direct.P50Ms, 3);
    public double AddedP99Ms => Math.Round(Gateway.P99Ms - Direct.P99Ms, 3);
    public double AddedFirstTokenP50Ms => Math.Round(Gateway.FirstTokenP50Ms - Direct.FirstTokenP50Ms, 3);

    /// <summary>What the gateway adds behind the first token, for each token, µs; null of whole answers, and of slow streams, whose pauses hide it.</summary>
    public double? AddedPerTokenUs => Case.Tokens == 0 || Case.GapMs > 0 ? null
        : Math.Round((Gateway.P50Ms - Gateway.FirstTokenP50Ms - (Direct.P50Ms - Direct.FirstTokenP50Ms)) * 1_000 / Case.Tokens, 2);

    /// <summary>The gateway's resident memory after the case and the most so far, MiB.</summary>
    public required double MemoryMb { get; init; }
    public required double PeakMemoryMb { get; init; }
}

/// <param name="LoadBefore">The machine's one-minute load average before the first case: other work takes its share.</param>
/// <param name="Rows">One for each case.</param>
internal sealed record GatewayBenchResult(double LoadBefore, IReadOnlyList<GatewayRow> Rows);

/// <summary>Closed-loop clients against the upstream and against the gateway before it.</summary>
internal static class GatewayBenchmark
{
    private const int MaxExchanges = 2_000_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public static async Task<GatewayBenchResult> RunAsync(IReadOnlyList<GatewayCase> cases, TimeSpan duration, Action<GatewayRow> measured, TimeProvider time, CancellationToken token)
    {
        var load = double.Parse((await File.ReadAllTextAsync("/proc/loadavg", token)).Split(' ')[0], CultureInfo.InvariantCulture);
        await using var servers = await GatewayServers.StartAsync([.. cases.Select(c => c.Model).Distinct()], time, token);
        var rows = new List<GatewayRow>();
        foreach (var each in cases)
        {
            await LoadAsync(servers.StubPort, each, WarmUp, time, token);
            await LoadAsync(servers.GatewayPort, each, WarmUp, time, token);
            var row = new GatewayRow
            {
                Case = each,
                Direct = await LoadAsync(servers.StubPort, each, duration, time, token),
                Gateway = await LoadAsync(servers.GatewayPort, each, duration, time, token),
                MemoryMb = servers.MemoryMb,
                PeakMemoryMb = servers.PeakMemoryMb,
            };
            rows.Add(row);
            measured(row);
        }

        return new GatewayBenchResult(load, rows);
    }

    private static async Task<GatewaySide> LoadAsync(int port, GatewayCase each, TimeSpan duration, TimeProvider time, CancellationToken token)
    {
        var links = await Task.WhenAll(Enumerable.Range(0, each.Connections).Select(_ => GatewayLink.OpenAsync(port, each.Body, time, token)));
        try
        {
            var all = new ConcurrentBag<List<Exchange>>();
            var started = time.GetTimestamp();
            await Task.WhenAll(links.Select(link => Task.Run(async () => all.Add(await AskAsync(link, started, duration, MaxExchanges / links.Length, time, token)), token)));
            var seconds = time.GetElapsedTime(started).TotalSeconds;
            var exchanges = all.SelectMany(e => e).ToList();
            double Ms(long from, long to) => time.GetElapsedTime(from, to).TotalMilliseconds;
            var whole = Spread.Of(exchanges.Select(e => Ms(e.Sent, e.Ended)))!;
            var first = Spread.Of(exchanges.Select(e => Ms(e.Sent, e.FirstToken)))!;
            return new GatewaySide(Math.Round(exchanges.Count / seconds, 1), whole.P50, whole.P99, first.P50, first.P99);
        }
        finally
        {
            links.ToList().ForEach(l => l.Dispose());
        }
    }

    private static async Task<List<Exchange>> AskAsync(GatewayLink link, long started, TimeSpan duration, int most, TimeProvider time, CancellationToken token)
    {
        var exchanges = new List<Exchange>();
        do
        {
            exchanges.Add(await link.AskAsync(token));
        }
        while (time.GetElapsedTime(started) < duration && exchanges.Count < most);
        return exchanges;
    }
}

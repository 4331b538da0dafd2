using System.Globalization;
using System.Text;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Tests.Unit.Triage.Fakes;
using static Quorate.Tests.Unit.Triage.Fakes.Scenario;
using TaskStatus = Quorate.Contracts.Plans.TaskStatus;

namespace Quorate.Tests.Unit.Agents;

public sealed class EvidenceAgentTests
{
    private static readonly TaskContext Context = new("inc-1", "key", FakeTime.Start, 1, DecisionTag.Deterministic);

    private readonly FakeTime _time = new();
    private readonly FakeWorld _world = new(Site(Service("api"), Service("store")));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logs_DefaultPattern_ReturnsTheMostFrequentTrouble()
    {
        _world.Logs["api"] =
        [
            Line("INFO", "started"), Line("ERROR", "order 17 failed: connection refused"), Line("ERROR", "order 18 failed: connection refused"),
            Line("WARN", "slow"), Line("UNKNOWN", "Traceback: some exception"), Line("ERROR", "too old", -3_600),
        ];
        var result = await new LogAgent(Platform, _time).ExecuteAsync(Step("t", "check_logs", "api", null, ("top_k", 1)), Context, Token);

        Assert.Equal(4, result.Meta["matches"].GetInt32());
        Assert.Equal("order # failed: connection refused", Assert.Single(result.Meta["templates"].EnumerateArray().ToList()).GetString());
        Assert.Equal(2, result.Meta["levels"].GetProperty("ERROR").GetInt32());
        Assert.Contains("most frequent (2 times, ERROR): order 18", result.Out, StringComparison.Ordinal);
        Assert.Contains("connection refused", result.Meta["finding"].GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(", false)]
    [InlineData("(?<=a)b", true)]
    [InlineData("ERROR.*500", true)]
    public async Task Logs_Pattern_IsARegularExpression(string pattern, bool valid)
    {
        _world.Logs["api"] = [Line("ERROR", "status 500"), Line("INFO", "ab")];
        var result = await new LogAgent(Platform, _time).ExecuteAsync(Step("t", "check_logs", "api", null, ("pattern", pattern)), Context, Token);
        Assert.Equal(valid ? TaskStatus.Ok : TaskStatus.Fail, result.Status);
        Assert.True(!valid || result.Meta["matches"].GetInt32() == 1);
    }

    [Fact]
    public async Task Logs_PatternThatBacktracksForever_EndsWithAFailure()
    {
        _world.Logs["api"] = [Line("INFO", new string('a', 40) + "!")];
        var result = await new LogAgent(Platform, _time).ExecuteAsync(Step("t", "check_logs", "api", null, ("pattern", "(?=(a+)+$)(a+)+$")), Context, Token);
        Assert.Equal(TaskStatus.Fail, result.Status);
        Assert.False(result.IsRetryable());
    }

    [Fact]
    public async Task Metrics_PrometheusText_IsReadAndCompared()
    {
        await using var server = new LoopbackServer(_ => (200, "# HELP queue x\nqueue_length{queue=\"a\"} 3\nqueue_length{queue=\"b\"} 4\n"));
        var world = new FakeWorld(Site(Service("api") with { Metrics = server.Root }));
        var result = await Metrics(world).ExecuteAsync(Step("t", "check_metrics", "api", null, ("metric", "queue_length"), ("threshold", 6)), Context, Token);
        Assert.Equal(7, result.Meta["queue_length"].GetProperty("last").GetDouble());
        Assert.Contains("above the threshold 6", result.Meta["finding"].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_PrometheusServer_GivesTrendAndAnomaly()
    {
        var values = string.Join(',', Enumerable.Range(0, 12).Select(i => $"[{1_000 + (i * 10)},\"{(i == 11 ? 50 : 1 + (i % 3))}\"]"));
        await using var server = new LoopbackServer(_ => (200, $$$"""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"api"},"values":[{{{values}}}]},{"metric":{"job":"other"},"values":[[1000,"900"]]}]}}"""));
        var world = new FakeWorld(Site(Service("api")) with { Prometheus = server.Root });
        var result = await Metrics(world).ExecuteAsync(Step("t", "check_metrics", "api", null, ("metric", "errors_total")), Context, Token);
        Assert.Equal(50, result.Meta["errors_total"].GetProperty("last").GetDouble());
        Assert.True(result.Meta["errors_total"].GetProperty("slope_per_second").GetDouble() > 0);
        Assert.Contains("robust z", result.Meta["finding"].GetString(), StringComparison.Ordinal);
        Assert.StartsWith("/api/v1/query_range?query=errors_total&", server.Paths[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_QueryInsteadOfAName_IsRefused()
    {
        var result = await Metrics(_world).ExecuteAsync(Step("t", "check_metrics", "api", null, ("metric", "up} or vector(1)")), Context, Token);
        Assert.Equal(TaskStatus.Fail, result.Status);
    }

    [Fact]
    public async Task Metrics_CpuStaysHigh_IsAFinding()
    {
        _world.Usage["api"] = new ResourceUsage(0.98, 5, 1);
        var work = Metrics(_world).ExecuteAsync(Step("t", "check_metrics", "api"), Context, Token);
        await _time.RunAsync(work, TimeSpan.FromMilliseconds(200));
        var result = await work;
        Assert.Equal(0.98, result.Meta["cpu_load"].GetProperty("last").GetDouble());
        Assert.Contains("CPU", result.Meta["finding"].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Slope_AndRobustZ_FollowTheirDefinitions()
    {
        Assert.Equal(2, new MetricSeries([(0, 1), (1, 3), (2, 5)]).Slope(), 12);
        Assert.Equal(0, new MetricSeries([(0, 1)]).Slope());
        // Before: 1..8, median 4.5, median deviation 2; z = 0.6745 (20 - 4.5) / 2.
        var series = new MetricSeries([.. Enumerable.Range(1, 8).Select(i => ((double)i, (double)i)), (9, 20)]);
        Assert.Equal(0.6745 * 15.5 / 2, series.RobustZ()!.Value, 9);
        Assert.Null(new MetricSeries([.. Enumerable.Range(0, 9).Select(i => ((double)i, 1.0))]).RobustZ());
    }

    [Fact]
    public void PrometheusText_Samples_AreParsed()
    {
        var samples = PrometheusText.Parse("# TYPE a counter\na 1\nb{x=\"q\\\"\\\\\\n\",y=\"2\",} 3.5e2 1395066363000\nc +Inf\nd NaN\nbroken{ 1\n9x 2\ne\n");
        Assert.Equal(["a", "b", "c", "d"], samples.Select(s => s.Name));
        Assert.Equal(350, samples[1].Value);
        Assert.Equal("q\"\\\n", samples[1].Labels["x"]);
        Assert.Equal(double.PositiveInfinity, samples[2].Value);
        Assert.True(double.IsNaN(samples[3].Value));
    }

    [Fact]
    public void PrometheusText_Garbage_NeverThrows()
    {
        const string alphabet = "ab_{}\"\\=, \t\n#19.eE+-\u0000\u00e4";
        for (var seed = 0; seed < 5_000; seed++)
        {
            var random = new Random(seed);
            var text = new StringBuilder();
            for (var i = random.Next(80); i > 0; i--)
            {
                text.Append(alphabet[random.Next(alphabet.Length)]);
            }

            Assert.All(PrometheusText.Parse(text.ToString()), s => Assert.True(PrometheusText.IsName(s.Name), text.ToString()));
        }
    }

    [Fact]
    public void PrometheusText_RandomSamples_RoundTrip()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var value = Math.Round(random.NextDouble() * 1e6, 3);
            var label = new string([.. Enumerable.Range(0, random.Next(8)).Select(_ => "a\"\\\n}, ="[random.Next(8)])]);
            var escaped = label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            var sample = Assert.Single(PrometheusText.Parse($"m{{l=\"{escaped}\"}} {value.ToString(CultureInfo.InvariantCulture)}"));
            Assert.Equal((label, value), (sample.Labels["l"], sample.Value));
        }
    }

    [Fact]
    public void Bm25_RareWordsInShortSections_RankFirst()
    {
        var index = new RunbookIndex(
        [
            new RunbookSection("a.md", "Cache", "restart the cache service when the service is slow"),
            new RunbookSection("b.md", "Store", "the store service is read-only remount service service"),
            new RunbookSection("c.md", "General", "service service service"),
        ]);
        var hits = index.Search("service read-only", 3);
        Assert.Equal("b.md", hits[0].Section.File);
        // idf(read) = idf(only) = ln(1 + 2.5/1.5), idf(service) = ln(1 + 0.5/3.5); lengths with headings 10, 10, 4, mean 8.
        static double Part(double idf, double tf, double length) => idf * tf * 2.2 / (tf + (1.2 * (0.25 + (0.75 * length / 8))));
        var expected = (2 * Part(Math.Log(1 + (2.5 / 1.5)), 1, 10)) + Part(Math.Log(1 + (0.5 / 3.5)), 3, 10);
        Assert.Equal(expected, hits[0].Score, 9);
        Assert.Empty(index.Search("unheard", 3));
    }

    [Fact]
    public async Task Runbook_Query_CitesFileAndHeading()
    {
        var folder = Directory.CreateTempSubdirectory("quorate-runbooks");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "store.md"), "# Store\n\nIntro.\n\n## Read-only data\n\nRemount the `folder`.\n\n# Cache\n\nFlush it.\n", Token);
            var agent = new RunbookAgent(_world.Site, new AgentSettings { RunbookFolders = [folder.FullName] });
            var result = await agent.ExecuteAsync(Step("t", "search_runbook", "store", null, ("query", "remount folder")), Context, Token);
            var passage = result.Meta["passages"][0];
            Assert.Equal("store.md", passage.GetProperty("file").GetString());
            Assert.Equal("Store > Read-only data", passage.GetProperty("heading").GetString());
            Assert.Equal("Remount the `folder`.", passage.GetProperty("text").GetString());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Monitor_UnhealthyService_IsAFindingAndNotAFailure()
    {
        _world["store"] = _world["store"] with { State = ServiceState.Stopped };
        var prober = new SiteProber(_world.Site, Platform, TriageHttp.Create(), _time);
        var monitor = new SiteMonitor(_world.Site, Platform, prober, new SiteObserver(_world.Site, Platform, prober, _time), _time);
        var agent = new MonitorAgent(_world.Site, Platform, prober, monitor);
        var health = await agent.ExecuteAsync(Step("t", "check_health", "store"), Context, Token);
        Assert.Equal((TaskStatus.Ok, false), (health.Status, health.Meta["healthy"].GetBoolean()));
        Assert.Contains("stopped", health.Meta["finding"].GetString(), StringComparison.Ordinal);
        var drift = await agent.ExecuteAsync(Step("t", "check_drift", "store"), Context, Token);
        Assert.Equal("running", drift.Meta["drift"][0].GetProperty("aspect").GetString());
    }

    [Theory]
    [InlineData("250ms", 1)]
    [InlineData("30s", 30)]
    [InlineData("5m", 300)]
    [InlineData("1h", 3600)]
    [InlineData("9000h", 86_400)]
    [InlineData("soon", 77)]
    [InlineData("-5s", 77)]
    public void Duration_Texts_AreReadAndClamped(string text, double seconds) =>
        Assert.Equal(seconds, Step("t", "check_logs", "api", null, ("lookback", text)).Duration("lookback", TimeSpan.FromSeconds(77)).TotalSeconds);

    private FakePlatform Platform => new(_world, new FakeProcess());

    private MetricAgent Metrics(FakeWorld world)
    {
        var platform = new FakePlatform(world, new FakeProcess());
        var http = TriageHttp.Create();
        // Local samples are taken in fake time; servers answer in real time.
        TimeProvider time = world.Site.Prometheus is null && world.Site.Services[0].Metrics is null ? _time : TimeProvider.System;
        return new MetricAgent(world.Site, platform, new SiteProber(world.Site, platform, http, time), http, time);
    }

    private LogLine Line(string level, string text, int seconds = -1) => new() { Ts = _time.GetUtcNow().AddSeconds(seconds), Level = level, Service = "api", Msg = text };
}

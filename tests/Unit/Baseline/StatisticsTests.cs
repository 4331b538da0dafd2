using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;

namespace Quorate.Tests.Unit.Baseline;

public sealed class StatisticsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Norm_WithAnOutlier_HardlyMoves()
    {
        var norm = RobustStatistics.Norm([10, 11, 9, 10, 900])!;
        Assert.Equal(10, norm.Median);
        Assert.Equal(1, norm.Mad);
        Assert.Equal(5, norm.Samples);
        Assert.Null(RobustStatistics.Norm([double.NaN]));
    }

    [Fact]
    public void Score_ValueFarFromTheNorm_CountsDeviations()
    {
        var norm = new SeriesNorm(100, 10, 20);
        Assert.Equal(0, RobustStatistics.Score(100, norm, 0), 3);
        Assert.Equal(20 / 14.826, RobustStatistics.Score(120, norm, 0), 3);
        Assert.Equal(0.2, RobustStatistics.Score(120, norm, 100), 3);
        // A series that never moved: five percent of its level count as noise.
        Assert.Equal(4, RobustStatistics.Score(120, new SeriesNorm(100, 0, 20), 0), 3);
    }

    [Fact]
    public void HasShifted_WholeSeriesBeyond_NotOneValue()
    {
        var norm = new SeriesNorm(10, 1, 20);
        Assert.True(RobustStatistics.HasShifted([30, 31, 32], norm, 0, 6));
        Assert.False(RobustStatistics.HasShifted([10, 11, 300], norm, 0, 6));
    }

    [Fact]
    public void Templates_LinesThatDifferInValues_ShareAForm()
    {
        var miner = new LogTemplateMiner();
        for (var i = 0; i < 30; i++)
        {
            miner.Add($"order {i} accepted from 172.20.0.{i % 9}:80{i} in {i}.5 ms");
            miner.Add($"connection to \"db{i}\" lost: user {(i % 2 == 0 ? "anna" : "bert")} went away");
        }

        miner.Add("checkpoint complete");
        Assert.Equal(
            ["connection to <*> lost: user <*> went away", "order <*> accepted from <*> in <*> ms", "checkpoint complete"],
            miner.Templates.Select(t => t.Text));
        Assert.Equal([30, 30, 1], miner.Templates.Select(t => t.Lines));
    }

    [Fact]
    public void Templates_EndlessForms_AreBounded()
    {
        var miner = new LogTemplateMiner();
        for (var i = 0; i < 5_000; i++)
        {
            miner.Add(string.Join(' ', Enumerable.Range(0, 1 + (i % 39)).Select(w => new string((char)('a' + ((i + w) % 26)), 1 + (i % 7)))));
        }

        Assert.InRange(miner.Templates.Count, 1, 200);
    }

    [Fact]
    public void Find_ReadingsAndLinesBesideTheNorm_OnlyTheUnusual()
    {
        var healthy = new HealthyBaseline
        {
            Version = HealthyBaseline.CurrentVersion,
            SiteId = "shop-00000000",
            ComposeHash = "",
            Platform = "docker",
            RecordedAt = Start,
            Services =
            [
                new ServiceNorm
                {
                    Service = "api",
                    Series = new Dictionary<string, SeriesNorm> { ["cpu_load"] = new(0.05, 0.01, 5), ["latency_ms"] = new(20, 4, 5) },
                    Logs = [new LogTemplate("call to db took <*> ms", 2)],
                },
            ],
        };
        var now = new Telemetry { DeviceId = "api", Timestamp = Start.AddMinutes(1), Status = TelemetryStatus.Ok, Metrics = new TelemetryMetrics(1.4, 1e9, 22) };
        LogLine Line(string text, int minute) => new() { Ts = Start.AddMinutes(minute), Level = "WARN", Service = "api", Msg = text };

        var found = AnomalyFinder.Find(healthy, [now], [Line("call to db took 312 ms", 1), Line("certificate expired", 1), Line("written before it was healthy", -1)]);

        Assert.Equal([("api", "cpu_load"), ("api", "log")], found.Select(a => (a.Service, a.Kind)));
        Assert.Contains("certificate expired", found[1].Detail, StringComparison.Ordinal);
    }
}

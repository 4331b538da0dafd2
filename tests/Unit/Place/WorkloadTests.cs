using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Files;
using Quorate.Engine.Place.Queueing;
using Quorate.Engine.Place.Workloads;
using Quorate.Tests.Unit.Tidy;

namespace Quorate.Tests.Unit.Place;

public class WorkloadTests
{
    private const string Archive = """
        ;	Computer: Intel iPSC/860
        ; MaxNodes: 128
        ;MaxJobs:7
        ; a remark without a name
            1        0   -1   1451  128  -1   -1   -1   -1   -1 -1   1   1  1  -1 -1 -1 -1
        2	1460.00	0	3726	128	3.57	1024	64	7200	-1	1	1	1	1	-1	-1	-1	-1	99

        ; Note: comments may stand between
        3 5198 -1 -1 4 -1 -1 4 60 -1 5 2 1 1 -1 -1 -1 -1
        4 5200 -1 10 -1 -1 -1 -1 60 -1 1 2 1 1 -1 -1 -1 -1
        5 5201 -1 10 4 -1 -1 4 60 -1 3 2 1 1 -1 -1 -1 -1
        6 5202 -1 10 4 -1 -1
        7 5203 -1 ten 4 -1 -1 4 60 -1 1 2 1 1 -1 -1 -1 -1
        2 5204 -1 10 4 -1 -1 4 60 -1 1 2 1 1 -1 -1 -1 -1
        8 5205 -1 100 4 -1 -1 4 60 2048 0 -1 1 1 -1 -1 -1 -1
        """;

    [Fact]
    public void Swf_ArchiveQuirks_AreReadOrCounted()
    {
        var trace = SwfFile.Read(new StringReader(Archive));
        Assert.Equal(["Computer=Intel iPSC/860", "MaxNodes=128", "MaxJobs=7", "Note=comments may stand between"], trace.Header.Select(h => $"{h.Key}={h.Value}"));
        Assert.Equal([1L, 2, 3, 4, 5, 8], trace.Jobs.Select(j => j.Number));
        var (jobs, skipped) = trace.ToJobs();
        Assert.Equal(
            ["cancelled before it ran: 1", "fewer than 18 fields: 1", "no processors: 1", "not a number: 1", "number used twice: 1", "part of a checkpointed job: 1"],
            skipped.Select(s => $"{s.Key}: {s.Value}"));
        Assert.Equal(["job-1", "job-2", "job-8"], jobs.Select(j => j.Name));
        Assert.Equal((128, 1451, 1451, "user-1"), (jobs[0].CpuCores, jobs[0].RuntimeS, jobs[0].WalltimeS, jobs[0].User));
        Assert.Equal((64, 3726, 7200, 64 * 1024m / 1024 / 1024), (jobs[1].CpuCores, jobs[1].RuntimeS, jobs[1].WalltimeS, jobs[1].MemoryGb));
        Assert.Equal((100, 100, 5205, null as string), (jobs[2].RuntimeS, jobs[2].WalltimeS, jobs[2].SubmitS, jobs[2].User));
    }

    [Fact]
    public void Swf_Hostile_IsBounded()
    {
        Assert.Equal("trace_empty", Assert.Throws<QuorateException>(() => SwfFile.Read(new StringReader(""))).Code);
        Assert.Equal("trace_too_long", Assert.Throws<QuorateException>(() => SwfFile.Read(new StringReader(Archive), maxJobs: 3)).Code);
        var longLine = Assert.Throws<QuorateException>(() => SwfFile.Read(new StringReader(new string('1', 9_000_000))));
        Assert.Contains("line too long", longLine.Message, StringComparison.Ordinal);
        Assert.Contains("not a number", Assert.Throws<QuorateException>(() => SwfFile.Read(new StringReader(string.Join(' ', Enumerable.Repeat("NaN", 18))))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("; Version: 2.2\n; MaxNodes: 4\n", "it has comments only")]
    [InlineData("1 0 1e400 5 1 -1 -1 1 5 -1 1 1 1 -1 -1 -1 -1 -1", "1 line: a value too large")]
    [InlineData("1 0 99999999999999999999999 5 1 -1 -1 1 5 -1 1 1 1 -1 -1 -1 -1 -1\nx", "1 line: a value too large, 1 line: not a number")]
    [InlineData("x y\nz\n", "2 lines: not a number")]
    public void Swf_NoJobAtAll_SaysWhy(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<QuorateException>(() => SwfFile.Read(new StringReader(text))).Message, StringComparison.Ordinal);

    [Fact]
    public void Generator_HugeCluster_MakesOnlyJobsThatCanBeRead()
    {
        var cluster = Clusters.Of(Clusters.Pool("a", "general", 5000, Resources.Most, 1_000_000), Clusters.Pool("b", "general", 5000, Resources.Most, 1_000_000));
        var (jobs, skipped) = WorkloadGenerator.Generate(cluster, new GeneratorOptions { Jobs = 300, Seed = 1 }, "test").ToJobs();
        Assert.Empty(skipped);
        Assert.Equal(300, jobs.Count);
    }

    [Fact]
    public void Generator_JobsOfTooManyYears_AreRefused()
    {
        var error = Assert.Throws<QuorateException>(() => WorkloadGenerator.Generate(Clusters.Processors(4), new GeneratorOptions { Jobs = 300, Seed = 1, Load = 1e-6 }, "test"));
        Assert.Equal((ErrorKind.Input, "workload_too_long"), (error.Kind, error.Code));
    }

    [Fact]
    public void Swf_WrittenAndRead_IsTheSame()
    {
        var trace = Generate(500, 3);
        var text = new StringWriter();
        SwfFile.Write(text, trace);
        var again = SwfFile.Read(new StringReader(text.ToString()));
        Assert.Equal(trace.Jobs, again.Jobs);
        Assert.Equal(trace.Header, again.Header);
        Assert.Empty(again.Skipped);
    }

    [Fact]
    public void Generator_SameSeed_SameTraceAndOthersDiffer()
    {
        Assert.Equal(Generate(300, 5).Jobs, Generate(300, 5).Jobs);
        Assert.NotEqual(Generate(300, 5).Jobs, Generate(300, 6).Jobs);
    }

    [Fact]
    public void Generator_ManyJobs_HaveTheModelsStatistics()
    {
        var trace = Generate(20_000, 1);
        var (jobs, skipped) = trace.ToJobs();
        Assert.Empty(skipped);
        var cluster = FiveAgents();
        var nodes = new NodePools(cluster);
        Assert.All(jobs, j => Assert.Empty(nodes.Shortages(j.Needs())));
        Assert.All(trace.Jobs, j => Assert.True(j.RequestedS >= j.RunS));
        // The model: 0.244 serial, 0.576 powers of two besides; others may round to one.
        Assert.InRange(Part(jobs, j => j.CpuCores == 1), 0.23, 0.26);
        Assert.InRange(Part(jobs, j => j.CpuCores > 1 && long.IsPow2(j.CpuCores)), 0.57, 0.64);
        Assert.InRange(jobs.Max(j => j.CpuCores), 2048, 4096);
        // ln of the run time: gamma(4.2, 0.94) has the mean 3.95, gamma(312, 0.03) 9.36; small jobs take the first with 0.78.
        Assert.InRange(jobs.Where(j => j.CpuCores == 1 && j.RuntimeS > 0).Average(j => Math.Log(j.RuntimeS!.Value)), 4.8, 5.5);
        Assert.True(jobs.Where(j => j.CpuCores >= 1024).Average(j => (double)j.RuntimeS!) > 1.2 * jobs.Where(j => j.CpuCores <= 4).Average(j => (double)j.RuntimeS!));
        // The day: most arrive after noon, fewest before dawn.
        var byHour = jobs.CountBy(j => j.SubmitS / 3600 % 24).ToDictionary(h => h.Key, h => h.Value);
        Assert.True(byHour[14] > 4 * byHour[5], $"14 h: {byHour[14]}, 5 h: {byHour[5]}");
        // The load is as asked, up to what the last day rounds off.
        var load = jobs.Sum(j => (double)j.RuntimeS! * j.CpuCores) / ((double)nodes.Total.CpuCores * jobs.Max(j => j.SubmitS));
        Assert.InRange(load, 0.67, 0.73);
        Assert.Equal(50, jobs.Select(j => j.User).Distinct().Count());
    }

    [Fact]
    public void Ours_OnAGeneratedTrace_IsNoWorseThanEasyAndFifoIsFarBehind()
    {
        var (jobs, _) = SwfFile.Read(File.OpenText(Path.Combine(Repository.Root, "lab/workloads/lublin-2000.swf"))).ToJobs();
        var by = Enum.GetValues<QueuePolicy>().ToDictionary(p => p, p => WorkloadReplay.Run(FiveAgents(), jobs, new ReplayOptions { Queue = new QueueOptions { Policy = p } }, TestContext.Current.CancellationToken).Metrics);
        Assert.All(by.Values, m => Assert.Equal((2000, 0), (m.Jobs, m.Rejected)));
        Assert.True(by[QueuePolicy.Ours].MeanBoundedSlowdown <= by[QueuePolicy.Easy].MeanBoundedSlowdown);
        Assert.True(by[QueuePolicy.Ours].Utilisation >= by[QueuePolicy.Easy].Utilisation * 0.99);
        Assert.True(by[QueuePolicy.Fifo].MeanBoundedSlowdown > 2 * by[QueuePolicy.Easy].MeanBoundedSlowdown);
    }

    private static double Part(IReadOnlyList<JobSpec> jobs, Func<JobSpec, bool> which) => (double)jobs.Count(which) / jobs.Count;

    private static SwfTrace Generate(int jobs, int seed) => WorkloadGenerator.Generate(FiveAgents(), new GeneratorOptions { Jobs = jobs, Seed = seed }, "test");

    private static ClusterSpec FiveAgents() => ClusterFileReader.Read(File.ReadAllText(Path.Combine(Repository.Root, "lab/clusters/five-agents.json")));
}

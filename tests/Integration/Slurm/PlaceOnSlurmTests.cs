using System.Globalization;
using Quorate.Contracts;
using Quorate.Tests.Integration.Cli;

namespace Quorate.Tests.Integration.Slurm;

public sealed class PlaceOnSlurmTests(SlurmCluster slurm) : IClassFixture<SlurmCluster>, IDisposable
{
    private readonly QuorateCli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Place_NodeFailsUnderAJob_AllJobsRunThroughSlurm()
    {
        var (cluster, jobs, log) = (Path.Combine(_cli.Home, "cluster.json"), Path.Combine(_cli.Home, "jobs.json"), Path.Combine(slurm.Folder, "ran"));
        await File.WriteAllTextAsync(cluster, QuorateJson.Serialize(slurm.Cluster), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(jobs, QuorateJson.Serialize(Enumerable.Range(0, 4).Select(i => Job(i, log))), TestContext.Current.CancellationToken);
        _cli.Environment["SLURM_CONF"] = slurm.ConfigFile;

        var run = _cli.JsonAsync(TestContext.Current.CancellationToken, "place", jobs, "--cluster", cluster, "--backend", "slurm");
        await slurm.UntilAsync(async () => (await slurm.RunAsync("squeue", "-h", "-t", "R", "-w", "n1")).Length > 0, "a job runs on n1");
        await slurm.RunAsync("scontrol", "update", "nodename=n1", "state=down", "reason=pulled");
        await slurm.RunAsync("scontrol", "update", "nodename=n1", "state=resume");
        var (code, result) = await run;

        Assert.Equal(0, code);
        Assert.All(result.GetProperty("jobs").EnumerateArray(), j => Assert.Equal("completed", j.GetProperty("execution").GetString()));
        Assert.Equal(["job-0", "job-1", "job-2", "job-3"], (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal("slurm", result.GetProperty("report").GetProperty("backend").GetString());
    }

    [Fact]
    public async Task Place_NodeDrained_TakesNothingUntilItIsResumedAndIsUsedAgain()
    {
        var (cluster, jobs, log, go) = (Path.Combine(_cli.Home, "cluster.json"), Path.Combine(_cli.Home, "jobs.json"), Path.Combine(slurm.Folder, "drained"), Path.Combine(slurm.Folder, "drained-go"));
        await File.WriteAllTextAsync(cluster, QuorateJson.Serialize(slurm.Cluster), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(jobs, QuorateJson.Serialize(Enumerable.Range(0, 3).Select(i => Until(i, log, go))), TestContext.Current.CancellationToken);
        _cli.Environment["SLURM_CONF"] = slurm.ConfigFile;

        await slurm.RunAsync("scontrol", "update", "nodename=n1", "state=drain", "reason=maintenance");
        try
        {
            var run = _cli.JsonAsync(TestContext.Current.CancellationToken, "place", jobs, "--cluster", cluster, "--backend", "slurm");
            // Two fill the nodes that are left. For three seconds the third waits with Quorate: Slurm has never heard of it.
            await slurm.UntilAsync(async () => await RunForAsync(3) == 2, "two jobs run for three seconds");
            Assert.Equal(["n2", "n3"], (await slurm.RunAsync("squeue", "-h", "-o", "%N")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));

            await slurm.RunAsync("scontrol", "update", "nodename=n1", "state=resume");
            await slurm.UntilAsync(async () => (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Any(l => l.EndsWith(" n1", StringComparison.Ordinal)), "a job runs on n1");
            await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
            var (code, result) = await run;

            Assert.Equal(0, code);
            Assert.All(result.GetProperty("jobs").EnumerateArray(), j => Assert.Equal("completed", j.GetProperty("execution").GetString()));
            Assert.Equal(["job-0", "job-1", "job-2"], (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Select(l => l.Split(' ')[0]).Order(StringComparer.Ordinal));
        }
        finally
        {
            await File.WriteAllTextAsync(go, "", CancellationToken.None);
            await slurm.RunAsync("scontrol", "update", "nodename=n1", "state=resume");
        }
    }

    [Fact]
    public async Task Place_KilledHalfway_IsResumedAndSubmitsEveryJobOnce()
    {
        var (cluster, jobs, log, go) = (Path.Combine(_cli.Home, "cluster.json"), Path.Combine(_cli.Home, "jobs.json"), Path.Combine(slurm.Folder, "resumed"), Path.Combine(slurm.Folder, "resumed-go"));
        await File.WriteAllTextAsync(cluster, QuorateJson.Serialize(slurm.Cluster), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(jobs, QuorateJson.Serialize(Enumerable.Range(0, 6).Select(i => Until(i, log, go))), TestContext.Current.CancellationToken);
        _cli.Environment["SLURM_CONF"] = slurm.ConfigFile;

        // Three fill the nodes, three wait with Quorate when it dies.
        using (var process = _cli.Start("place", jobs, "--cluster", cluster, "--backend", "slurm", "--json"))
        {
            await slurm.UntilAsync(async () => File.Exists(log) && (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Length == 3, "three jobs run");
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var unknown = await _cli.RunAsync(TestContext.Current.CancellationToken, "place", "--resume", "which");
        Assert.Equal(2, unknown.Code);
        var run = OpenRun(unknown);
        Assert.NotEmpty(run);

        // One ends while nobody looks.
        var first = (await slurm.RunAsync("squeue", "-h", "-t", "R", "-o", "%A")).Split('\n')[0];
        await slurm.RunAsync("scancel", first);
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        var proofs = Path.Combine(_cli.Home, "proofs");
        var (_, result) = await _cli.JsonAsync(TestContext.Current.CancellationToken, "place", "--resume", run, "--certificates", proofs);

        Assert.Equal(run, result.GetProperty("run_id").GetString());
        Assert.Equal(["cancelled", "completed", "completed", "completed", "completed", "completed"], result.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("execution").GetString()).Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"job-{i}"), (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Select(l => l.Split(' ')[0]).Order(StringComparer.Ordinal));
        var submitted = (await slurm.RunAsync("squeue", "-h", "--states=all", "--Format=Comment:|")).Split('\n').Where(l => l.Contains($"quorate:{run}:", StringComparison.Ordinal)).ToList();
        Assert.Equal(6, submitted.Count);
        Assert.Equal(6, submitted.Distinct().Count());

        // Each part of the run has keys that check its certificates, and what is over is not resumed.
        foreach (var certificate in Directory.GetFiles(proofs, "*.cert"))
        {
            var checks = await Task.WhenAll(new[] { "agents", "agents-part-1" }.Select(k => _cli.RunAsync(TestContext.Current.CancellationToken, "certificate", "verify", certificate, "--keys", Path.Combine(proofs, k + ".keys"))));
            Assert.Single(checks, c => c.Code == 0);
        }

        var over = await _cli.RunAsync(TestContext.Current.CancellationToken, "place", "--resume", run);
        Assert.Equal(2, over.Code);
        Assert.Contains("no run is open", over.Stderr, StringComparison.Ordinal);
        Assert.Equal(0, (await _cli.RunAsync(TestContext.Current.CancellationToken, "ledger", "verify")).Code);
    }

    [Fact]
    public async Task Place_ResumedWhileItRuns_IsRefused()
    {
        var (cluster, jobs, log, go) = (Path.Combine(_cli.Home, "cluster.json"), Path.Combine(_cli.Home, "jobs.json"), Path.Combine(slurm.Folder, "busy"), Path.Combine(slurm.Folder, "busy-go"));
        await File.WriteAllTextAsync(cluster, QuorateJson.Serialize(slurm.Cluster), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(jobs, QuorateJson.Serialize(new[] { Until(0, log, go) }), TestContext.Current.CancellationToken);
        _cli.Environment["SLURM_CONF"] = slurm.ConfigFile;

        var first = _cli.JsonAsync(TestContext.Current.CancellationToken, "place", jobs, "--cluster", cluster, "--backend", "slurm");
        await slurm.UntilAsync(() => Task.FromResult(File.Exists(log)), "the job runs");
        var run = OpenRun(await _cli.RunAsync(TestContext.Current.CancellationToken, "place", "--resume", "which"));
        var second = await _cli.RunAsync(TestContext.Current.CancellationToken, "place", "--resume", run);
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);

        Assert.Equal(3, second.Code);
        Assert.Contains("being worked on by another Quorate", second.Stderr, StringComparison.Ordinal);
        Assert.Equal(0, (await first).Code);
    }

    [Fact]
    public async Task Place_NoSlurm_SaysWhatIsMissing()
    {
        var jobs = Path.Combine(_cli.Home, "jobs.json");
        await File.WriteAllTextAsync(jobs, """{"name":"a","cpu_cores":1}""", TestContext.Current.CancellationToken);
        _cli.Environment["PATH"] = _cli.Home;
        var result = await _cli.RunAsync(TestContext.Current.CancellationToken, "place", jobs, "--cluster", Path.Combine(QuorateCli.Root, "lab/clusters/five-agents.json"), "--backend", "slurm");
        Assert.Equal(3, result.Code);
        Assert.Contains("slurm", result.Stderr, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The run that is named as open.</summary>
    private static string OpenRun(CliResult told) => told.Stderr.Split("open: ", 2)[^1].Split(default(char[]), 2, StringSplitOptions.RemoveEmptyEntries)[0];

    /// <summary>How many jobs Slurm has been running for so many seconds.</summary>
    private async Task<int> RunForAsync(int seconds) => (await slurm.RunAsync("squeue", "-h", "-t", "R", "-o", "%M")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Count(line => TimeSpan.TryParse("0:" + line.Trim(), CultureInfo.InvariantCulture, out var ran) && ran.TotalSeconds >= seconds);

    /// <summary>Fills a node until a file is there.</summary>
    private static object Until(int number, string log, string go) => new
    {
        name = $"job-{number}",
        cpu_cores = 4,
        walltime_s = 120,
        command = (string[])["/bin/sh", "-c", "echo \"$0 $SLURMD_NODENAME\" >> \"$1\"; until [ -e \"$2\" ]; do sleep 0.1; done", $"job-{number}", log, go],
    };

    private static object Job(int number, string log) => new
    {
        name = $"job-{number}",
        cpu_cores = 4,
        walltime_s = 60,
        command = (string[])["/bin/sh", "-c", "sleep 2; echo \"$0\" >> \"$1\"", $"job-{number}", log],
    };
}

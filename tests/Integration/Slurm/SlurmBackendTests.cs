using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Platforms.Slurm;

namespace Quorate.Tests.Integration.Slurm;

public sealed class SlurmBackendTests(SlurmCluster slurm) : IClassFixture<SlurmCluster>, IAsyncDisposable
{
    private const string Pool = "WORK_SPECIALIST";
    private readonly string _mark = $"m{TestContext.Current.Test!.UniqueID[..12]}";

    /// <summary>What a failed test leaves behind must not take the nodes from the next.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var job in (await Backend().ObserveAsync(CancellationToken.None)).Value ?? [])
        {
            await Backend().CancelAsync(job.Id, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Submit_OddArguments_RunAsTheyAreWithExitCodeAndWithoutSecrets()
    {
        Environment.SetEnvironmentVariable("QUORATE_TEST_SECRET", "hunter2");
        var file = Path.Combine(slurm.Folder, "odd");
        string[] odd = ["a b", "$(touch x)", ";", "--mem=9", "'\"", "#SBATCH --hold"];
        var backend = Backend();
        var id = await AcceptedAsync(backend, Start("odd", command: ["/bin/sh", "-c", $"printf '%s|' \"$@\" > {file}; env > {file}.env; exit 7", "sh", .. odd]));
        var job = await EndedAsync(backend, "odd");
        Assert.Equal((id, BackendJobState.Failed, 7, 0), (job.Id, job.State, job.ExitCode, job.Restarts));
        Assert.Equal(string.Concat(odd.Select(w => w + "|")), await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(file + ".env", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_SameKeyAgain_IsTheSameJob()
    {
        var backend = Backend();
        var starts = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => backend.SubmitAsync(Start("same"), TestContext.Current.CancellationToken)));
        Assert.Single(starts.Select(s => s.Value!.Id).Distinct());
        Assert.Single(starts, s => !s.Value!.Known);
        await EndedAsync(backend, "same");
        var late = await Backend().SubmitAsync(Start("same"), TestContext.Current.CancellationToken);
        Assert.True(late.Value!.Known);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task Submit_TwoNodes_RunsOnceOnEach()
    {
        var backend = Backend();
        await AcceptedAsync(backend, Start("wide", nodes: 2, command: ["/bin/sh", "-c", $"touch {slurm.Folder}/wide-$SLURMD_NODENAME-$SLURM_CPUS_PER_TASK"]));
        var job = await EndedAsync(backend, "wide");
        Assert.Equal((BackendJobState.Completed, 0), (job.State, job.ExitCode));
        Assert.Equal(["n1", "n2"], job.Nodes);
        Assert.True(File.Exists($"{slurm.Folder}/wide-n1-1") && File.Exists($"{slurm.Folder}/wide-n2-1"));
    }

    [Fact]
    public async Task Submit_MoreThanThePartitionHas_IsRefusedInSlurmsWords()
    {
        var backend = Backend();
        var nodes = (await backend.SubmitAsync(Start("much", nodes: 3), TestContext.Current.CancellationToken)).Value!;
        var gpus = (await backend.SubmitAsync(Start("more", gpus: 3, pool: "gpu"), TestContext.Current.CancellationToken)).Value!;
        Assert.Contains("Node count specification invalid", nodes.Refused, StringComparison.Ordinal);
        Assert.Contains("Requested node configuration is not available", gpus.Refused, StringComparison.Ordinal);
        await AcceptedAsync(backend, Start("gpus", gpus: 2, pool: "gpu", command: ["/bin/true"]));
        Assert.Equal(["n3"], (await EndedAsync(backend, "gpus")).Nodes);
    }

    [Fact]
    public async Task Cancel_RunningWaitingUnknown_EndsWhatIsThere()
    {
        var backend = Backend();
        var running = await AcceptedAsync(backend, Start("running", cores: 4, named: ["n1"], command: ["sleep", "100"]));
        var waiting = await AcceptedAsync(backend, Start("waiting", cores: 4, named: ["n1"], command: ["sleep", "100"]));
        await slurm.UntilAsync(async () => (await JobAsync(backend, "running"))!.State == BackendJobState.Running, "it runs");
        Assert.Equal(BackendJobState.Pending, (await JobAsync(backend, "waiting"))!.State);
        Assert.True((await backend.CancelAsync(waiting, TestContext.Current.CancellationToken)).Value);
        Assert.True((await backend.CancelAsync(running, TestContext.Current.CancellationToken)).Value);
        Assert.Equal([BackendJobState.Cancelled, BackendJobState.Cancelled], [(await EndedAsync(backend, "running")).State, (await EndedAsync(backend, "waiting")).State]);
        Assert.False((await backend.CancelAsync("999999", TestContext.Current.CancellationToken)).Value);
    }

    [Fact]
    public async Task NodeDown_UnderAJob_IsStartedAgainAndFinishesElsewhere()
    {
        var backend = Backend();
        var runs = Path.Combine(slurm.Folder, "runs");
        await AcceptedAsync(backend, Start("moved", command: ["/bin/sh", "-c", $"echo $SLURMD_NODENAME >> {runs}; [ $(wc -l < {runs}) -ge 2 ] || sleep 100"]));
        await slurm.UntilAsync(async () => File.Exists(runs) && (await File.ReadAllTextAsync(runs, TestContext.Current.CancellationToken)).Length > 0, "it writes");
        var first = (await File.ReadAllTextAsync(runs, TestContext.Current.CancellationToken)).Trim();
        try
        {
            await slurm.RunAsync("scontrol", "update", $"nodename={first}", "state=down", "reason=pulled|out");
            Assert.Equal((BackendNodeState.Down, "pulled|out"), await NodeAsync(backend, first));
            var job = await EndedAsync(backend, "moved");
            Assert.Equal((BackendJobState.Completed, 0, 1), (job.State, job.ExitCode, job.Restarts));
            Assert.DoesNotContain(first, job.Nodes);
        }
        finally
        {
            await ResumeAsync(backend, first);
        }
    }

    [Fact]
    public async Task NodeDrained_BeforeAJob_TakesNoJobs()
    {
        var backend = Backend();
        await slurm.RunAsync("scontrol", "update", "nodename=n1", "state=drain", "reason=maintenance");
        try
        {
            Assert.Equal((BackendNodeState.Drained, "maintenance"), await NodeAsync(backend, "n1"));
            await AcceptedAsync(backend, Start("other", command: ["/bin/true"]));
            Assert.Equal(["n2"], (await EndedAsync(backend, "other")).Nodes);
        }
        finally
        {
            await ResumeAsync(backend, "n1");
        }
    }

    [Fact]
    public async Task Controller_KilledAndStarted_LosesNothingAndRunsNothingTwice()
    {
        var backend = Backend();
        var id = await AcceptedAsync(backend, Start("before", command: ["/bin/sh", "-c", $"until [ -e {slurm.Folder}/go ]; do sleep 0.1; done"]));
        await slurm.UntilAsync(async () => (await JobAsync(backend, "before"))!.State == BackendJobState.Running, "it runs");
        // Slurm writes its state some seconds late; before that a killed controller forgets what happened. A later job on the disk shows that the former's start is there.
        await AcceptedAsync(backend, Start("later", command: ["/bin/true"]));
        await slurm.UntilAsync(async () => (await File.ReadAllTextAsync(Path.Combine(slurm.Folder, "state/job_state"), TestContext.Current.CancellationToken)).Contains(":later", StringComparison.Ordinal), "the state is on the disk");
        slurm.KillController();
        var answer = await backend.SubmitAsync(Start("during", command: ["/bin/true"]), TestContext.Current.CancellationToken);
        Assert.False(answer.Reached);
        Assert.Contains("Unable to contact slurm controller", answer.Unreachable, StringComparison.Ordinal);
        slurm.StartController();
        await slurm.UntilAsync(async () => (await backend.SubmitAsync(Start("during", command: ["/bin/true"]), TestContext.Current.CancellationToken)).Reached, "the controller answers");
        Assert.Equal(BackendJobState.Running, (await JobAsync(backend, "before"))!.State);
        await File.WriteAllTextAsync(Path.Combine(slurm.Folder, "go"), "", TestContext.Current.CancellationToken);
        Assert.Equal(id, (await EndedAsync(backend, "before")).Id);
        Assert.Equal(BackendJobState.Completed, (await EndedAsync(backend, "during")).State);
        Assert.Equal(3, await CountAsync());
    }

    [Fact]
    public async Task Client_StoppedAtAnyMomentOfASubmission_LeavesOneJobForEachKey()
    {
        var backend = Backend();
        var interrupted = 0;
        for (var i = 0; i < 12; i++)
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(4 * i), TimeProvider.System);
            try
            {
                await backend.SubmitAsync(Start($"k{i}"), stop.Token);
            }
            catch (OperationCanceledException)
            {
                interrupted++;
            }

            Assert.NotNull((await Backend().SubmitAsync(Start($"k{i}"), TestContext.Current.CancellationToken)).Value!.Id);
        }

        Assert.InRange(interrupted, 1, 12);
        await slurm.UntilAsync(async () => (await backend.ObserveAsync(TestContext.Current.CancellationToken)).Value is { Count: 12 } all && all.All(j => j.Ended), "all end");
        Assert.Equal(12, await CountAsync());
    }

    [Fact]
    public async Task Double_SubmittedByMischance_IsCancelledBeforeItRuns()
    {
        var backend = Backend();
        await AcceptedAsync(backend, Start("twin", command: ["sleep", "1"]));
        await slurm.RunAsync("sbatch", "--job-name=twin", $"--comment=quorate:{_mark}:twin", "--dependency=singleton", "--output=/dev/null", $"--wrap=touch {slurm.Folder}/twin");
        var job = await EndedAsync(backend, "twin");
        Assert.Equal(BackendJobState.Completed, job.State);
        Assert.Contains("CANCELLED", await slurm.RunAsync("squeue", "--states=all", "--noheader", "--name=twin", "--format=%T"), StringComparison.Ordinal);
        Assert.False(File.Exists($"{slurm.Folder}/twin"));
    }

    [Fact]
    public async Task Submissions_Many_AreLookedUpOnce()
    {
        var (commands, calls) = (Directory.CreateDirectory(Path.Combine(slurm.Folder, "counted-" + _mark)).FullName, Path.Combine(slurm.Folder, "calls-" + _mark));
        foreach (var program in new[] { "squeue", "sbatch" })
        {
            var file = Path.Combine(commands, program);
            await File.WriteAllTextAsync(file, $"#!/bin/sh\necho {program} >> {calls}\nexec /usr/bin/{program} \"$@\"\n", TestContext.Current.CancellationToken);
            await slurm.RunAsync("chmod", "700", file);
        }

        using var backend = new SlurmBackend(new SlurmOptions { Mark = _mark, Cluster = slurm.Cluster, ConfigFile = slurm.ConfigFile, CommandFolder = commands }, TimeProvider.System);
        foreach (var key in new[] { "one", "two", "three", "two" })
        {
            await AcceptedAsync(backend, Start(key));
        }

        Assert.Equal(["squeue", "sbatch", "sbatch", "sbatch"], await File.ReadAllLinesAsync(calls, TestContext.Current.CancellationToken));
        Assert.Equal(3, await CountAsync());
    }

    [Fact]
    public async Task Find_WhereSlurmKeepsNoAccounts_IsNothingAndNoOutage()
    {
        var backend = Backend();
        var start = Start("found");
        var answer = await backend.FindAsync(start, await AcceptedAsync(backend, start), TestContext.Current.CancellationToken);
        Assert.Equal((true, null), (answer.Reached, answer.Value));
    }

    [Fact]
    public async Task Commands_NotInstalled_SayHowToGetThem()
    {
        var error = await Assert.ThrowsAsync<QuorateException>(() => new SlurmBackend(new SlurmOptions { Mark = _mark, Cluster = slurm.Cluster, CommandFolder = "/nowhere" }, TimeProvider.System).ObserveAsync(TestContext.Current.CancellationToken));
        Assert.Equal((ErrorKind.Missing, "slurm_missing"), (error.Kind, error.Code));
        Assert.Contains("slurm-client", error.Hint, StringComparison.Ordinal);
    }

    private SlurmBackend Backend() => new(new SlurmOptions { Mark = _mark, Cluster = slurm.Cluster, ConfigFile = slurm.ConfigFile }, TimeProvider.System);

    private static JobStart Start(string key, int nodes = 1, long cores = 1, long gpus = 0, string pool = Pool, string[]? named = null, string[]? command = null) => new()
    {
        Key = key,
        Job = new JobSpec { Name = key, CpuCores = cores * nodes, WalltimeS = 61, Command = command ?? ["/bin/true"] },
        Pool = pool,
        NodeCount = nodes,
        Nodes = named ?? [],
        Share = new Resources(cores, 64, gpus, 0),
    };

    private static async Task<string> AcceptedAsync(SlurmBackend backend, JobStart start)
    {
        var answer = await backend.SubmitAsync(start, TestContext.Current.CancellationToken);
        Assert.True(answer.Value?.Id is not null, answer.Unreachable ?? answer.Value?.Refused);
        return answer.Value!.Id!;
    }

    private static async Task<BackendJob?> JobAsync(SlurmBackend backend, string key) => (await backend.ObserveAsync(TestContext.Current.CancellationToken)).Value?.FirstOrDefault(j => j.Key == key);

    private async Task<BackendJob> EndedAsync(SlurmBackend backend, string key)
    {
        BackendJob? job = null;
        await slurm.UntilAsync(async () => (job = await JobAsync(backend, key)) is { Ended: true }, $"{key} ends");
        return job!;
    }

    private static async Task<(BackendNodeState, string?)> NodeAsync(SlurmBackend backend, string name)
    {
        var nodes = (await backend.DescribeAsync(TestContext.Current.CancellationToken)).Value!;
        Assert.Equal(3, nodes.Count);
        Assert.Equal(name == "n3" ? "gpu" : Pool, nodes.Single(n => n.Name == name).Pool);
        return (nodes.Single(n => n.Name == name).State, nodes.Single(n => n.Name == name).Reason);
    }

    private async Task ResumeAsync(SlurmBackend backend, string node)
    {
        await slurm.RunAsync("scontrol", "update", $"nodename={node}", "state=resume");
        await slurm.UntilAsync(async () => (await backend.DescribeAsync(TestContext.Current.CancellationToken)).Value!.Single(n => n.Name == node).State is BackendNodeState.Idle or BackendNodeState.Allocated, $"{node} is back");
    }

    /// <summary>As Slurm itself tells it, ended ones included.</summary>
    private async Task<int> CountAsync() =>
        (await slurm.RunAsync("squeue", "--states=all", "--noheader", "--Format=Comment:|")).Split('\n').Count(l => l.Contains($"quorate:{_mark}:", StringComparison.Ordinal));
}

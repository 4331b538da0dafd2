using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Platforms.Slurm;

namespace Quorate.Tests.Unit.Place;

public class SlurmTextTests
{
    [Theory]
    [InlineData("n1", "n1")]
    [InlineData("n[1-3]", "n1 n2 n3")]
    [InlineData("n[08-10,12],login", "n08 n09 n10 n12 login")]
    [InlineData("r[1-2]n[3-4]", "r1n3 r1n4 r2n3 r2n4")]
    [InlineData("", "")]
    [InlineData("(null)", "")]
    public void NodeLists_ShortForm_AreWrittenOut(string list, string names) =>
        Assert.Equal(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), SlurmText.Expand(list));

    [Fact]
    public void NodeLists_Hostile_AreBounded() => Assert.Equal(10_000, SlurmText.Expand("n[1-999999999]").Count);

    [Fact]
    public void Jobs_OursAndOthers_OnlyOursAreRead()
    {
        var jobs = SlurmText.Jobs(
            "12|quorate:m:k2|RUNNING|0|1|n[1-2]|None|\n9|quorate:m:k1|FAILED|768|0|n1|NonZeroExitCode|\n10|quorate:other:k1|RUNNING|0|0|n1|None|\n"
            + "11|(null)|RUNNING|0|0|n1|None|\n13|quorate:m:k3|FAILED|9|0|n1|JobLaunchFailure|\n14|quorate:m:k4|NODE_FAIL|0|0|n1|None|\nx|quorate:m:k5|RUNNING|\n15|quorate:m:k6|CANCELLED by 0|0|0||None|\n",
            "m");
        Assert.Equal(["9 k1 Failed 3", "12 k2 Running ", "13 k3 Failed 137", "14 k4 NodeFailed 0", "15 k6 Cancelled 0"], jobs.Select(j => $"{j.Id} {j.Key} {j.State} {j.ExitCode}"));
        Assert.Equal((1, "n1 n2"), (jobs[1].Restarts, string.Join(' ', jobs[1].Nodes)));
    }

    [Theory]
    [InlineData("7|COMPLETED|0:0|n1\n", "Completed 0 n1")]
    [InlineData("7|NODE_FAIL|0:0|n1\n7|FAILED|3:0|n[2-3]\n", "Failed 3 n2,n3")]
    [InlineData("7|CANCELLED by 1000|0:15|None assigned\n", "Cancelled 143 ")]
    [InlineData("7|RUNNING|0:0|n1\n", "Running  n1")]
    [InlineData("8|COMPLETED|0:0|n1\n7|WHAT|0:0|n1\n", "")]
    [InlineData("", "")]
    public void Accounts_OfAJob_TellItsLastState(string output, string told)
    {
        var job = SlurmText.Account(output, "7", "k");
        Assert.Equal(told, job is null ? "" : $"{job.State} {job.ExitCode} {string.Join(',', job.Nodes)}");
    }

    [Fact]
    public void Nodes_StatesAndMarks_AreTold()
    {
        var nodes = SlurmText.Nodes("n2|work|idle*|none\nn1|work|mixed|none\nn3|work|draining|a|b\nn4|work|down*|gone\nn5|else|idle|none\nn6|work|idle~|none\n", new[] { "work" }.ToLookup(p => p, _ => "POOL"));
        Assert.Equal(["n1 Allocated ", "n2 Down ", "n3 Drained a|b", "n4 Down gone", "n6 Idle "], nodes.Select(n => $"{n.Name} {n.State} {n.Reason}"));
    }

    [Theory]
    [InlineData("idle", BackendNodeState.Idle)]
    [InlineData("idle~", BackendNodeState.Idle)]
    [InlineData("mixed", BackendNodeState.Allocated)]
    [InlineData("mixed-", BackendNodeState.Allocated)]
    [InlineData("allocated", BackendNodeState.Allocated)]
    [InlineData("completing", BackendNodeState.Allocated)]
    [InlineData("planned", BackendNodeState.Allocated)]
    [InlineData("blocked", BackendNodeState.Allocated)]
    [InlineData("draining", BackendNodeState.Drained)]
    [InlineData("drained", BackendNodeState.Drained)]
    [InlineData("drained*", BackendNodeState.Drained)]
    [InlineData("draining@", BackendNodeState.Drained)]
    [InlineData("maint", BackendNodeState.Drained)]
    [InlineData("failing", BackendNodeState.Drained)]
    [InlineData("failing*", BackendNodeState.Drained)]
    [InlineData("fail", BackendNodeState.Down)]
    [InlineData("down", BackendNodeState.Down)]
    [InlineData("down*", BackendNodeState.Down)]
    [InlineData("down~", BackendNodeState.Down)]
    [InlineData("idle*", BackendNodeState.Down)]
    [InlineData("allocated*", BackendNodeState.Down)]
    [InlineData("inval", BackendNodeState.Down)]
    [InlineData("unknown", BackendNodeState.Down)]
    [InlineData("future", BackendNodeState.Down)]
    [InlineData("a state of tomorrow", BackendNodeState.Down)]
    public void Nodes_EachStateOfSinfo_TakesJobsOrNot(string told, BackendNodeState state) =>
        Assert.Equal(state, Assert.Single(SlurmText.Nodes($"n1|work|{told}|none\n", new[] { "work" }.ToLookup(p => p, _ => "POOL"))).State);

    [Fact]
    public void Submission_Walltime_IsRoundedUpToMinutes()
    {
        var options = new SlurmOptions { Mark = "m", Cluster = Clusters.Of(), StorageResource = "scratch" };
        var start = new JobStart { Key = "k", Job = new JobSpec { Name = "j", CpuCores = 2, WalltimeS = 61, RuntimeS = 5 }, Pool = "p", NodeCount = 1, Share = new Resources(2, 0, 3, 7) };
        var arguments = SlurmSubmission.Arguments(start, "part", options);
        Assert.Superset(new HashSet<string> { "--time=2", "--mem=1M", "--gres=gpu:3,scratch:7", "--partition=part", "--requeue", "--comment=quorate:m:k" }, arguments.ToHashSet());
        Assert.Equal(["/dev/stdin", "sleep", "5"], arguments.TakeLast(3));
        Assert.Throws<QuorateException>(() => SlurmSubmission.Arguments(start with { Key = "-k" }, "part", options));
        Assert.Throws<QuorateException>(() => SlurmSubmission.Arguments(start with { Nodes = ["n1 --exclusive"] }, "part", options));
        Assert.Throws<QuorateException>(() => SlurmSubmission.Arguments(start with { NodeCount = 0 }, "part", options));
    }
}

using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Cluster;
using Quorate.Engine.Place.Files;
using Quorate.Tests.Unit.Tidy;

namespace Quorate.Tests.Unit.Place;

public class FileReaderTests
{
    private const string Node = "\"node\":{\"cpu_cores\":4,\"memory_gb\":8}";

    public static TheoryData<string, string> WrongJobs => new()
    {
        { """{"name":"j","cpu_cores":-1}""", "cpu_cores is -1; a whole number from 1" },
        { """{"name":"j","cpu_cores":0}""", "cpu_cores is 0; a whole number from 1" },
        { """{"name":"j","cpu_cores":1.5}""", "cpu_cores is 1.5" },
        { """{"name":"j","cpu_cores":"4"}""", "cpu_cores is \"4\"" },
        { """{"name":"j","cpu_cores":NaN}""", "not JSON" },
        { """{"name":"j","cpu_cores":9223372036854775808}""", "cpu_cores is 9223372036854775808" },
        { """{"name":"j","cpu_cores":1,"memory_gb":1e400}""", "memory_gb is 1e400; a number from 0" },
        { """{"name":"j","cpu_cores":1,"memory_gb":-0.5}""", "memory_gb is -0.5" },
        { """{"name":"j","cpu_cores":1,"gpus":-1}""", "gpus is -1" },
        { """{"name":"j","cpu_cores":1,"walltime_s":0}""", "walltime_s is 0; a whole number from 1 to 315360000" },
        { """{"name":"j","cpu_cores":1,"walltime_s":5,"runtime_s":6}""", "runtime_s is 6; a whole number from 0 to 5" },
        { """{"name":"j","cpu_cores":1,"priority":1000001}""", "priority is 1000001" },
        { """{"name":"j j","cpu_cores":1}""", "name is \"j j\"" },
        { """{"name":"","cpu_cores":1}""", "name is \"\"" },
        { """{"cpu_cores":1}""", "name is missing" },
        { """{"name":"j"}""", "cpu_cores is missing" },
        { """{"name":"j","cpu_cores":1,"cores":1}""", "unknown field 'cores'; allowed are name, cpu_cores" },
        { """{"name":"j","cpu_cores":1,"cpu_cores":2}""", "not JSON" },
        { """[{"name":"j","cpu_cores":1},{"name":"j","cpu_cores":1}]""", "two jobs have the name j" },
        { """[{"name":"j","cpu_cores":1,"command":[""]}]""", "jobs[0].command is \"\"" },
        { """[{"name":"j","cpu_cores":1,"depends_on":["k"]}]""", "names k, which is not among the jobs" },
        { """[{"name":"j","cpu_cores":1,"depends_on":["j"]}]""", "circle: j needs j" },
        { """[{"name":"a","cpu_cores":1,"depends_on":["c"]},{"name":"b","cpu_cores":1,"depends_on":["a"]},{"name":"c","cpu_cores":1,"depends_on":["b"]}]""", "circle: a needs c needs b needs a" },
        { """[{"name":"a","cpu_cores":1},{"name":"b","cpu_cores":1,"depends_on":["a","a"]}]""", "names a twice" },
        { """[]""", "a list of 0; a list of 1 to 100000" },
        { """[5]""", "jobs[0] is 5; an object is allowed" },
        { """{"jobs":[],"more":1}""", "unknown field 'more'" },
        { """7""", "the jobs are 7" },
        { "", "not JSON" },
    };

    [Theory]
    [MemberData(nameof(WrongJobs))]
    public void Jobs_Wrong_NameFieldValueAndAllowed(string json, string message)
    {
        var error = Assert.Throws<QuorateException>(() => JobFileReader.Read(json));
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Jobs_TooMany_AreRefused()
    {
        var json = $"[{string.Join(',', Enumerable.Repeat("0", JobFileReader.MaxJobs + 1))}]";
        Assert.Contains("a list of 100001", Assert.Throws<QuorateException>(() => JobFileReader.Read(json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Jobs_EveryField_IsRead()
    {
        var job = Assert.Single(JobFileReader.Read("""{"name":"j","cpu_cores":2,"memory_gb":0.5,"gpus":1,"storage_gb":3,"walltime_s":60,"priority":-4,"user":"u","command":["/bin/echo","a b;c"],"runtime_s":9,"submit_s":7}"""));
        Assert.Equal(new Resources(2, 512, 1, 3), job.Needs());
        Assert.Equal((60, -4, "u", 9, 7), (job.WalltimeS, job.Priority, job.User, job.RuntimeS, job.SubmitS));
        Assert.Equal(["/bin/echo", "a b;c"], job.Command);
    }

    [Theory]
    [InlineData("""{"name":"c","agents":[]}""", "agents is a list of 0")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"fast","nodes":1,{{Node}}}]}""", "agents[0].speciality is \"fast\"; gpu, memory, compute, storage, general is allowed")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":0,{{Node}}}]}""", "agents[0].nodes is 0")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":9999,{{Node}}},{"name":"b","speciality":"gpu","nodes":2,{{Node}}}]}""", "10001 nodes")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1,{{Node}}},{"name":"a","speciality":"gpu","nodes":1,{{Node}}}]}""", "two agents have the name a")]
    [InlineData("""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1,"node":{"cpu_cores":0,"memory_gb":8}}]}""", "agents[0].node.cpu_cores is 0")]
    [InlineData("""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1,"node":{"cpu_cores":1}}]}""", "memory_gb is missing")]
    [InlineData("""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1}]}""", "agents[0].node is missing")]
    [InlineData("""[]""", "the document is a list of 0; an object")]
    public void Cluster_Wrong_NamesFieldValueAndAllowed(string json, string message) =>
        Assert.Contains(message, Assert.Throws<QuorateException>(() => ClusterFileReader.Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void ShippedExamples_EveryJob_FitsTheCluster()
    {
        var cluster = ClusterFileReader.Read(File.ReadAllText(Path.Combine(Repository.Root, "lab/clusters/five-agents.json")));
        var jobs = JobFileReader.Read(File.ReadAllText(Path.Combine(Repository.Root, "lab/workloads/jobs-30.json")));
        var state = new ClusterState(cluster);
        Assert.Equal(30, jobs.Count);
        Assert.Equal((256, 16 * 512 * 1024), (state.Pools[0].Node.Gpus * state.Pools[0].Count, state.Pools[1].Node.MemoryMb * state.Pools[1].Count));
        Assert.All(jobs, job => Assert.NotNull(state.Choose(job.Needs())));
        Assert.Equal(5, jobs.Select(j => state.Choose(j.Needs())!.Pool).Distinct().Count());
    }
}

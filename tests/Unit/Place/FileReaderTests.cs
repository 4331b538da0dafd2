using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
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
        { """{"name":"j","cpu_cores":1,"cores":1}""", "cores is unknown; name, cpu_cores" },
        { """{"name":"j","cpu_cores":1,"cpu_cores":2}""", "cpu_cores is there twice" },
        { """[{"name":"j","cpu_cores":1},{"name":"j","cpu_cores":1}]""", "two jobs have the name j" },
        { """[{"name":"j","cpu_cores":1,"command":[""]}]""", "jobs[0].command[0] is \"\"; a text of 1 to 4096" },
        { """[{"name":"j","cpu_cores":1,"depends_on":["k"]}]""", "names k, which is not among the jobs" },
        { """[{"name":"j","cpu_cores":1,"depends_on":["j"]}]""", "circle: j needs j" },
        { """[{"name":"a","cpu_cores":1,"depends_on":["c"]},{"name":"b","cpu_cores":1,"depends_on":["a"]},{"name":"c","cpu_cores":1,"depends_on":["b"]}]""", "circle: a needs c needs b needs a" },
        { """[{"name":"a","cpu_cores":1},{"name":"b","cpu_cores":1,"depends_on":["a","a"]}]""", "names a twice" },
        { """[]""", "jobs has 0 entries; 1 to 100000" },
        { """[5]""", "jobs[0] is 5; an object is allowed" },
        { """{"jobs":[],"more":1}""", "more is unknown; jobs are allowed" },
        { """7""", "the file is 7; an object" },
        { "", "not JSON: it is empty" },
        { """{"name":"-x","cpu_cores":1}""", "name is \"-x\"; 1 to 64 letters" },
        { """{"name":"..","cpu_cores":1}""", "the first a letter or digit" },
        { """{"name":"_a","cpu_cores":1}""", "name is \"_a\"" },
        { """{"name":"a","cpu_cores":1,"depends_on":[".b"]}""", "depends_on[0] is \".b\"" },
        { """{"name":"j","cpu_cores":1,"gpus":null}""", "gpus is null; a whole number" },
        { """{"name":"j","cpu_cores":1,"user":null}""", "user is null" },
        { """{"name":"\ud800","cpu_cores":1}""", "name is \"\\ud800\"" },
        { """{"name":"j","cpu_cores":1,"command":["\ud800"]}""", "command[0] is \"\\ud800\"" },
        { """{"name":"j","cpu_cores":1,"\ud800":1}""", "a field of the file has half a surrogate pair" },
        { """{"jobs":[{"name":"j","\ud800":1}]}""", "a field of jobs[0] has half a surrogate pair" },
        { """{"name":"j","cpu_cores":1,"\u001b[31mb":1}""", "\\u001B[31mb" },
        { """{"name":"a\u001b[31mb","cpu_cores":1}""", "name is \"a\\u001b[31mb\"" },
        { "{\n \"name\": \"j\",\n}", "line 3, column 1: unexpected \"}\"" },
        { "{\"name\": \"j\"", "line 1, column 13: it ends too early" },
        { "// a comment", "line 1, column 1: unexpected \"// a comment\"" },
    };

    [Theory]
    [MemberData(nameof(WrongJobs))]
    public void Jobs_Wrong_NameFieldValueAndAllowed(string json, string message)
    {
        var error = Assert.Throws<QuorateException>(() => JobFileReader.Read(json));
        Assert.Equal((ErrorKind.Input, "job_invalid", "docs/schemas/job.json says what is allowed"), (error.Kind, error.Code, error.Hint));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Jobs_TooMany_AreRefused()
    {
        var json = $"[{string.Join(',', Enumerable.Repeat("0", JobFileReader.MaxJobs + 1))}]";
        Assert.Contains("jobs has 100001 entries", Assert.Throws<QuorateException>(() => JobFileReader.Read(json)).Message, StringComparison.Ordinal);
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
    [InlineData("""{"name":"c","agents":[]}""", "agents has 0 entries; 1 to 64")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"fast","nodes":1,{{Node}}}]}""", "agents[0].speciality is \"fast\"; allowed are gpu, memory, compute, storage, general")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":0,{{Node}}}]}""", "agents[0].nodes is 0")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":9999,{{Node}}},{"name":"b","speciality":"gpu","nodes":2,{{Node}}}]}""", "10001 nodes")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1,{{Node}}},{"name":"a","speciality":"gpu","nodes":1,{{Node}}}]}""", "agents[1].name is \"a\"; a name that no other agent has")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1,{{Node}}},{"name":"A","speciality":"gpu","nodes":1,{{Node}}}]}""", "agents[1].name is \"A\"; a name that no other agent has, in whatever case")]
    [InlineData($$"""{"name":"c","agents":[{"name":"Engine","speciality":"gpu","nodes":1,{{Node}}}]}""", "agents[0].name is \"Engine\"; a name that no other agent has, in whatever case, and not 'engine'")]
    [InlineData($$"""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1,"model":null,{{Node}}}]}""", "agents[0].model is null")]
    [InlineData("""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1,"node":{"cpu_cores":0,"memory_gb":8}}]}""", "agents[0].node.cpu_cores is 0")]
    [InlineData("""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1,"node":{"cpu_cores":1}}]}""", "memory_gb is missing")]
    [InlineData("""{"name":"c","agents":[{"name":"a","speciality":"gpu","nodes":1}]}""", "agents[0].node is missing")]
    [InlineData("""[]""", "the file is a list of 0; an object")]
    public void Cluster_Wrong_NamesFieldValueAndAllowed(string json, string message) =>
        Assert.Contains(message, Assert.Throws<QuorateException>(() => ClusterFileReader.Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Schemas_Names_HaveTheReadersPattern()
    {
        string[] schemas = ["job", "cluster", "agent-faults", "agents", "auction-task", "organise-task"];
        var patterns = schemas.SelectMany(name => Patterns(JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, $"docs/schemas/{name}.json"))))).Where(p => p.Contains("A-Za-z", StringComparison.Ordinal)).ToList();
        Assert.True(patterns.Count >= schemas.Length, string.Join(' ', patterns));
        var pattern = Assert.Single(patterns.Distinct());
        string[] names = ["a", "9", "a.b_c-d", new('x', 64), "", "-x", "..", "_a", ".a", "a b", "a/b", "ä", new('x', 65)];
        Assert.All(names, name => Assert.Equal(Regex.IsMatch(name, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)), NameRule.IsName(name)));
        static IEnumerable<string> Patterns(JsonNode? node) => node switch
        {
            JsonObject o => o.SelectMany(p => p.Key == "pattern" && p.Value is JsonValue v ? [v.GetValue<string>()] : Patterns(p.Value)),
            JsonArray a => a.SelectMany(Patterns),
            _ => [],
        };
    }

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

using Quorate.Contracts.Coordination;
using Quorate.Contracts.Placing;
using Quorate.Engine.Coordination;

namespace Quorate.Tests.Unit.Coordination;

public class JobHierarchyTests
{
    private static readonly ClusterSpec Cluster = new()
    {
        Name = "test",
        Agents =
        [
            Agent("gpu-pool", "gpu", 2, new NodeSpec { CpuCores = 32, MemoryGb = 128, Gpus = 8 }),
            Agent("big-memory", "memory", 2, new NodeSpec { CpuCores = 32, MemoryGb = 512 }),
            Agent("cores", "compute", 4, new NodeSpec { CpuCores = 64, MemoryGb = 128 }),
        ],
    };

    private static readonly JobSpec[] Jobs =
    [
        new() { Name = "prepare", CpuCores = 4, MemoryGb = 8, WalltimeS = 600 },
        new() { Name = "train", CpuCores = 8, MemoryGb = 32, Gpus = 4, WalltimeS = 3600, RuntimeS = 1800, DependsOn = ["prepare"] },
        new() { Name = "index", CpuCores = 8, MemoryGb = 256, WalltimeS = 900, DependsOn = ["prepare"] },
        new() { Name = "publish", CpuCores = 64, MemoryGb = 64, WalltimeS = 60, DependsOn = ["train", "index"] },
    ];

    [Fact]
    public void Organise_Workflow_StagesInOrderAndEachJobAtItsSpeciality()
    {
        var duties = JobHierarchy.Organise(Jobs, JobHierarchy.Profiles(Cluster)).Duties;
        Assert.Equal(["prepare", "train", "index", "publish"], duties.Select(d => d.Job));
        Assert.Equal([0, 1, 1, 2], duties.Select(d => d.Stage));
        Assert.Equal(["gpu-pool", "big-memory", "cores"], duties.Skip(1).Select(d => d.Worker));
        Assert.All(duties, d => Assert.Contains(Cluster.Agents, a => a.Name == d.Coordinator));
    }

    [Fact]
    public void Lose_AgentOfAJob_OthersKeepTheirs()
    {
        var before = JobHierarchy.Organise(Jobs, JobHierarchy.Profiles(Cluster));
        var after = before.Lose("big-memory");
        Assert.Equal(before.Duties.Where(d => d.Worker != "big-memory").Select(d => (d.Job, d.Worker)), after.Duties.Where(d => before.Duties.Single(b => b.Job == d.Job).Worker != "big-memory").Select(d => (d.Job, d.Worker)));
        Assert.All(after.Duties, d => Assert.True(d.Worker is "gpu-pool" or "cores" && d.Coordinator is "gpu-pool" or "cores"));
        Assert.Equal("big-memory", after.Result.Restructurings.Single().Lost);
    }

    [Fact]
    public void Lose_TheOnlyGpus_TheJobWaitsAndSaysWhy()
    {
        var after = JobHierarchy.Organise(Jobs, JobHierarchy.Profiles(Cluster)).Lose("gpu-pool");
        Assert.Null(after.Duties.Single(d => d.Job == "train").Worker);
        Assert.Equal("no agent has the skill 'gpu'", after.Result.Roles.Single(r => r.Jobs.Contains("train")).Reason);
    }

    [Fact]
    public void Profiles_History_MakesTheReliableOneCoordinate()
    {
        var failures = new Dictionary<string, IReadOnlyList<PastTask>> { ["cores"] = [.. Enumerable.Repeat(new PastTask { Succeeded = false }, 9)] };
        var jobs = Enumerable.Range(0, 7).Select(i => new JobSpec { Name = $"j{i}", CpuCores = 1, WalltimeS = 60 }).ToList();
        var hierarchy = JobHierarchy.Organise(jobs, JobHierarchy.Profiles(Cluster, failures), new OrganiseRequirements { SpanOfControl = 7 });
        Assert.All(hierarchy.Result.Roles.Where(r => r.Kind != RoleKind.Worker), r => Assert.NotEqual("cores", r.Agent));
    }

    [Theory]
    [InlineData(1, 1, 1, 0, "gpu")]
    [InlineData(8, 256, 0, 0, "memory")]
    [InlineData(64, 64, 0, 0, "compute")]
    [InlineData(4, 8, 0, 5000, "storage")]
    [InlineData(4, 8, 0, 0, "general")]
    public void Kind_Resources_NameTheSpeciality(long cores, int memory, long gpus, long storage, string kind) =>
        Assert.Equal(kind, JobHierarchy.Kind(new JobSpec { Name = "j", CpuCores = cores, MemoryGb = memory, Gpus = gpus, StorageGb = storage }));

    private static AgentSpec Agent(string name, string speciality, int nodes, NodeSpec node) => new() { Name = name, Speciality = speciality, Nodes = nodes, Node = node };
}

using Quorate.Contracts.Placing;

namespace Quorate.Tests.Unit.Place;

/// <summary>Clusters for tests.</summary>
internal static class Clusters
{
    /// <summary>One pool of nodes with one core each: the machine of the textbooks.</summary>
    public static ClusterSpec Processors(int count) => Of(new AgentSpec { Name = "all", Speciality = "general", Nodes = count, Node = new NodeSpec { CpuCores = 1, MemoryGb = 0 } });

    public static ClusterSpec Of(params AgentSpec[] agents) => new() { Name = "test", Agents = agents };

    public static AgentSpec Pool(string name, string speciality, int nodes, long cores, decimal memoryGb, long gpus = 0, long storageGb = 0) =>
        new() { Name = name, Speciality = speciality, Nodes = nodes, Node = new NodeSpec { CpuCores = cores, MemoryGb = memoryGb, Gpus = gpus, StorageGb = storageGb } };

    /// <summary>Some pools of small nodes, so that random jobs collide.</summary>
    public static ClusterSpec Random(Random random) => Of([.. Enumerable.Range(0, random.Next(1, 5)).Select(i =>
        Pool($"p{i}", "general", random.Next(1, 90), random.Next(1, 9), random.Next(0, 17), random.Next(0, 3), random.Next(0, 5)))]);

    public static Resources RandomNeeds(Random random) => new(random.Next(1, 20), random.Next(0, 2) * random.Next(0, 40_000), random.Next(0, 4) == 0 ? random.Next(1, 6) : 0, random.Next(0, 5) == 0 ? random.Next(1, 9) : 0);
}

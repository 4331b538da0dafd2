using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place.Files;

/// <summary>Reads a cluster as docs/schemas/cluster.json describes it.</summary>
public static class ClusterFileReader
{
    /// <summary>Bytes that a file may have.</summary>
    public const int MaxBytes = 1024 * 1024;

    public static readonly IReadOnlyList<string> Specialities = ["gpu", "memory", "compute", "storage", "general"];

    private const string Code = "cluster_invalid";

    /// <exception cref="QuorateException">Input: the field, its value and what is allowed.</exception>
    public static ClusterSpec Read(string json)
    {
        using var document = ObjectFields.Parse(json, Code, "cluster");
        var fields = new ObjectFields(document.RootElement, "", Code, "name", "agents");
        var agents = fields.Objects("agents", ClusterSpec.MaxAgents).Select((agent, i) => ReadAgent(agent, $"agents[{i}]")).ToList();
        if (agents.GroupBy(a => a.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw QuorateException.Input(Code, $"two agents have the name {twice.Key}; each needs its own");
        }

        var nodes = agents.Sum(a => a.Nodes);
        return nodes <= ClusterSpec.MaxNodes
            ? new ClusterSpec { Name = fields.Name("name"), Agents = agents }
            : throw QuorateException.Input(Code, $"the agents have {nodes} nodes together; 1 to {ClusterSpec.MaxNodes} are allowed");
    }

    private static AgentSpec ReadAgent(JsonElement element, string path)
    {
        var fields = new ObjectFields(element, path, Code, "name", "speciality", "nodes", "node", "model", "partition");
        var node = new ObjectFields(fields.Required("node"), $"{path}.node", Code, "cpu_cores", "memory_gb", "gpus", "storage_gb");
        return new AgentSpec
        {
            Name = fields.Name("name"),
            Speciality = fields.OneOf("speciality", Specialities),
            Nodes = (int)fields.Whole("nodes", 1, ClusterSpec.MaxNodes),
            Node = new NodeSpec
            {
                CpuCores = node.Whole("cpu_cores", 1, Resources.Most),
                MemoryGb = node.Number("memory_gb", Resources.Most / 1024),
                Gpus = node.Whole("gpus", 0, Resources.Most, 0),
                StorageGb = node.Whole("storage_gb", 0, Resources.Most, 0),
            },
            Model = fields.OptionalName("model"),
            Partition = fields.OptionalName("partition"),
        };
    }
}

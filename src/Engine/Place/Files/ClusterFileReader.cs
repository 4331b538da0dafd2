using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Files;
using Quorate.Engine.Panels;

namespace Quorate.Engine.Place.Files;

/// <summary>Reads a cluster as docs/schemas/cluster.json describes it.</summary>
public static class ClusterFileReader
{
    /// <summary>Bytes that a file may have.</summary>
    public const int MaxBytes = 1024 * 1024;

    public static readonly IReadOnlyList<string> Specialities = ["gpu", "memory", "compute", "storage", "general"];

    private static readonly FileForm Form = new("cluster_invalid", "docs/schemas/cluster.json");

    /// <exception cref="QuorateException">Input, cluster_invalid: the field, its value and what is allowed.</exception>
    public static ClusterSpec Read(string json)
    {
        var fields = Form.Parse(json, "name", "agents");
        var agents = new List<AgentSpec>();
        // The agents' keys are kept beside that of the engine.
        var names = new HashSet<string>(NameRule.OfAgents) { MemberContexts.ClientName };
        foreach (var agent in fields.Objects("agents", 1, ClusterSpec.MaxAgents, "name", "speciality", "nodes", "node", "model", "partition"))
        {
            agents.Add(ReadAgent(agent));
            if (!names.Add(agents[^1].Name))
            {
                throw agent.Wrong("name", $"a name that no other agent has, in whatever case, and not '{MemberContexts.ClientName}' is allowed");
            }
        }

        var nodes = agents.Sum(a => a.Nodes);
        return nodes <= ClusterSpec.MaxNodes
            ? new ClusterSpec { Name = fields.Name("name"), Agents = agents }
            : throw Form.Wrong($"the agents have {nodes} nodes together; 1 to {ClusterSpec.MaxNodes} are allowed");
    }

    private static AgentSpec ReadAgent(FileFields fields)
    {
        var node = fields.Object("node", "cpu_cores", "memory_gb", "gpus", "storage_gb");
        return new AgentSpec
        {
            Name = fields.Name("name"),
            Speciality = fields.OneOf("speciality", Specialities),
            Nodes = (int)fields.Whole("nodes", 1, ClusterSpec.MaxNodes),
            Node = new NodeSpec
            {
                CpuCores = node.Whole("cpu_cores", 1, Resources.Most),
                MemoryGb = node.Exact("memory_gb", 0, Resources.Most / 1024),
                Gpus = node.Whole("gpus", 0, Resources.Most, 0),
                StorageGb = node.Whole("storage_gb", 0, Resources.Most, 0),
            },
            Model = fields.OptionalName("model"),
            Partition = fields.OptionalName("partition"),
        };
    }
}

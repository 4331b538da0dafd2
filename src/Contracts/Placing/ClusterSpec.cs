namespace Quorate.Contracts.Placing;

/// <summary>A cluster: agents, each with its pool of nodes (docs/schemas/cluster.json).</summary>
public sealed record ClusterSpec
{
    public const int MaxAgents = 64;
    public const int MaxNodes = 10_000;

    public required string Name { get; init; }

    public required IReadOnlyList<AgentSpec> Agents { get; init; }

    /// <summary>The agent's place among the agents, and its pool's among the pools; -1: there is none of this name.</summary>
    public int NumberOf(string agent)
    {
        for (var number = 0; number < Agents.Count; number++)
        {
            if (Agents[number].Name == agent)
            {
                return number;
            }
        }

        return -1;
    }
}

/// <summary>An agent and the nodes it manages.</summary>
public sealed record AgentSpec
{
    /// <summary>As <see cref="NameRule"/> says; unique in the cluster, in whatever case.</summary>
    public required string Name { get; init; }

    /// <summary>What its nodes are for: gpu, memory, compute, storage or general.</summary>
    public required string Speciality { get; init; }

    /// <summary>How many equal nodes.</summary>
    public required int Nodes { get; init; }

    /// <summary>Of each node.</summary>
    public required NodeSpec Node { get; init; }

    /// <summary>The panel's member that answers for the agent; null: it votes by rules.</summary>
    public string? Model { get; init; }

    /// <summary>Partition of a real Slurm that the pool stands for; null: the agent's name.</summary>
    public string? Partition { get; init; }
}

/// <summary>What one node has.</summary>
public sealed record NodeSpec
{
    public required long CpuCores { get; init; }

    public required decimal MemoryGb { get; init; }

    public long Gpus { get; init; }

    public long StorageGb { get; init; }

    public Resources Has() => new(CpuCores, (long)decimal.Floor(MemoryGb * 1024), Gpus, StorageGb);
}

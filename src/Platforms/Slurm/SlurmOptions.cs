using Quorate.Contracts.Placing;

namespace Quorate.Platforms.Slurm;

/// <summary>How a Slurm is used.</summary>
public sealed record SlurmOptions
{
    /// <summary>Which jobs are ours, among all of this user's: letters, digits, dot, underscore and hyphen. Two clusters or runs that must not see each other's jobs have different marks.</summary>
    public required string Mark { get; init; }

    /// <summary>The agents: each stands for the partition of its <see cref="AgentSpec.Partition"/>, else of its own name.</summary>
    public required ClusterSpec Cluster { get; init; }

    /// <summary>slurm.conf; null: as the environment says, else Slurm's own place.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Folder of Slurm's commands; null: found by PATH.</summary>
    public string? CommandFolder { get; init; }

    /// <summary>Folder that gets a file for each job's output, visible to the nodes; null: output is thrown away.</summary>
    public string? OutputFolder { get; init; }

    /// <summary>Generic resource that stands for GPUs.</summary>
    public string GpuResource { get; init; } = "gpu";

    /// <summary>Generic resource counted in GB that stands for storage; null: storage is not enforced.</summary>
    public string? StorageResource { get; init; }

    /// <summary>For one command. Slurm's own commands give up on a controller that is down after its MessageTimeout, 10 s by default.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

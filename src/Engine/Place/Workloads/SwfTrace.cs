using Quorate.Contracts.Placing;

namespace Quorate.Engine.Place.Workloads;

/// <summary>
/// A line of the Standard Workload Format, version 2.2 (Chapin et al. 1999; the Parallel Workloads Archive's definition): 18 fields, -1 for
/// what is not known. Times in seconds, memory in KB for each processor.
/// </summary>
public sealed record SwfJob
{
    public const int Fields = 18;
    public const long Unknown = -1;

    public required long Number { get; init; }
    public required long SubmitS { get; init; }
    public long WaitS { get; init; } = Unknown;
    public long RunS { get; init; } = Unknown;
    public long AllocatedProcessors { get; init; } = Unknown;

    /// <summary>For each processor; archives have fractions here.</summary>
    public double CpuS { get; init; } = Unknown;
    public long UsedMemoryKb { get; init; } = Unknown;
    public long RequestedProcessors { get; init; } = Unknown;
    public long RequestedS { get; init; } = Unknown;
    public long RequestedMemoryKb { get; init; } = Unknown;

    /// <summary>1 completed, 0 failed, 5 cancelled; 2 to 4 are parts of a job that was checkpointed.</summary>
    public long Status { get; init; } = Unknown;
    public long User { get; init; } = Unknown;
    public long Group { get; init; } = Unknown;
    public long Executable { get; init; } = Unknown;
    public long Queue { get; init; } = Unknown;
    public long Partition { get; init; } = Unknown;
    public long PrecedingJob { get; init; } = Unknown;
    public long ThinkS { get; init; } = Unknown;
}

/// <summary>A workload with its header.</summary>
/// <param name="Header">Comments such as <c>MaxNodes: 128</c> by their names, in order; names may repeat.</param>
/// <param name="Jobs">In the order of the file.</param>
/// <param name="Skipped">How many lines were passed over, by reason.</param>
public sealed record SwfTrace(IReadOnlyList<KeyValuePair<string, string>> Header, IReadOnlyList<SwfJob> Jobs, IReadOnlyDictionary<string, int> Skipped)
{
    private const long KbPerMb = 1024;

    /// <summary>
    /// The jobs as they are placed here; what cannot run is counted with its reason. Processors: requested, else allocated. Memory: requested,
    /// else used. Walltime: requested, but never below the run time, as a trace's jobs did run that long. Not used: wait, executable, queue,
    /// partition, preceding job and think time.
    /// </summary>
    public (IReadOnlyList<JobSpec> Jobs, IReadOnlyDictionary<string, int> Skipped) ToJobs()
    {
        var jobs = new List<JobSpec>(Jobs.Count);
        var skipped = new SortedDictionary<string, int>(Skipped.ToDictionary(), StringComparer.Ordinal);
        var start = Jobs.Count == 0 ? 0 : Math.Max(0, Jobs.Min(j => j.SubmitS));
        foreach (var job in Jobs)
        {
            var processors = job.RequestedProcessors > 0 ? job.RequestedProcessors : job.AllocatedProcessors;
            if (Refusal(job, processors) is { } reason)
            {
                skipped[reason] = skipped.GetValueOrDefault(reason) + 1;
                continue;
            }

            var memoryKb = Math.Max(0, job.RequestedMemoryKb > 0 ? job.RequestedMemoryKb : job.UsedMemoryKb);
            jobs.Add(new JobSpec
            {
                Name = $"job-{job.Number}",
                CpuCores = processors,
                MemoryGb = decimal.Min((decimal)memoryKb * processors / KbPerMb / KbPerMb, Resources.Most / 1024),
                SubmitS = job.SubmitS - start,
                RuntimeS = job.RunS,
                WalltimeS = Math.Clamp(job.RequestedS, Math.Max(1, job.RunS), JobSpec.MaxWalltime),
                User = job.User >= 0 ? $"user-{job.User}" : null,
            });
        }

        return (jobs, skipped);
    }

    private static string? Refusal(SwfJob job, long processors) => job switch
    {
        { Status: 2 or 3 or 4 } => "part of a checkpointed job",
        { SubmitS: < 0 } => "no submit time",
        { Status: 5, RunS: <= 0 } => "cancelled before it ran",
        { RunS: < 0 } => "no run time",
        _ when processors <= 0 => "no processors",
        _ when processors > Resources.Most || job.RunS > JobSpec.MaxWalltime || job.SubmitS > JobSpec.MaxWalltime => SwfFile.TooLarge,
        _ => null,
    };
}

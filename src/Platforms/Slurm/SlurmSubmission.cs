using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Placing;

namespace Quorate.Platforms.Slurm;

/// <summary>Turns a job's start into sbatch's arguments.</summary>
internal static class SlurmSubmission
{
    /// <summary>What runs is always one of these; the job's program and its arguments come as arguments. Several nodes: once on each.</summary>
    public const string OnOneNode = "#!/bin/sh\nexec \"$@\"\n";

    /// <inheritdoc cref="OnOneNode"/>
    public const string OnEachNode = "#!/bin/sh\nexport SRUN_CPUS_PER_TASK=\"$SLURM_CPUS_PER_TASK\"\nexec srun --quiet \"$@\"\n";

    private const int SecondsPerMinute = 60;

    /// <summary>Singleton: jobs of the same name, here of the same key, never run at the same time. So even a job that was submitted twice by mischance runs once: the later one is cancelled before it can start.</summary>
    public static IReadOnlyList<string> Arguments(JobStart start, string partition, SlurmOptions options)
    {
        Check(start);
        var share = start.Share;
        var arguments = new List<string>
        {
            "--parsable", $"--job-name={start.Key}", $"--comment={SlurmMarks.Comment(options.Mark, start.Key)}", "--dependency=singleton", "--requeue", "--export=PATH,HOME,USER,LANG",
            $"--partition={partition}", $"--nodes={Text(start.NodeCount)}", "--ntasks-per-node=1", $"--cpus-per-task={Text(share.CpuCores)}",
            // No memory at all would mean all of the node's.
            $"--mem={Text(Math.Max(1, share.MemoryMb))}M",
            // Slurm counts whole minutes; the job itself is never cut short by that.
            $"--time={Text((start.Job.WalltimeS + SecondsPerMinute - 1) / SecondsPerMinute)}",
            $"--output={(options.OutputFolder is { } folder ? Path.Combine(folder, start.Key + ".out") : "/dev/null")}",
        };
        if (start.Nodes.Count > 0)
        {
            arguments.Add($"--nodelist={string.Join(',', start.Nodes)}");
        }

        if (Generic(share, options) is { Length: > 0 } generic)
        {
            arguments.Add($"--gres={generic}");
        }

        // sbatch reads no options behind the script's name.
        arguments.Add("/dev/stdin");
        arguments.AddRange(start.Job.Command.Count > 0 ? start.Job.Command : ["sleep", Text(start.Job.RuntimeS ?? start.Job.WalltimeS)]);
        return arguments;
    }

    private static string Generic(Resources share, SlurmOptions options)
    {
        string[] parts = [share.Gpus > 0 ? $"{options.GpuResource}:{Text(share.Gpus)}" : "", share.StorageGb > 0 && options.StorageResource is { } storage ? $"{storage}:{Text(share.StorageGb)}" : ""];
        return string.Join(',', parts.Where(p => p.Length > 0));
    }

    private static void Check(JobStart start)
    {
        if (start.Key.Length is 0 or > JobStart.MaxKey || !SlurmMarks.IsPlain(start.Key))
        {
            throw QuorateException.Input("start_invalid", $"the key is '{PlainText.Line(start.Key, 40)}'; 1 to {JobStart.MaxKey} letters, digits, '.', '_' and '-' are allowed");
        }

        if (start.NodeCount is < 1 or > JobSpec.MaxNodes || (start.Nodes.Count > 0 && start.Nodes.Count != start.NodeCount) || start.Share.CpuCores < 1 || start.Job.WalltimeS < 1)
        {
            throw QuorateException.Input("start_invalid", $"{start.Key} asks for {start.NodeCount} nodes, {start.Nodes.Count} of them by name, {start.Share.CpuCores} cores on each, {start.Job.WalltimeS} s; 1 or more of each are allowed, and no names or all");
        }

        if (start.Nodes.FirstOrDefault(n => !SlurmMarks.IsPlain(n)) is { } wrong)
        {
            throw QuorateException.Input("start_invalid", $"a node of {start.Key} is called '{PlainText.Line(wrong, 40)}'; letters, digits, '.', '_' and '-' are allowed");
        }

        if (start.Job.Command.Any(w => w.Contains('\0')))
        {
            throw QuorateException.Input("start_invalid", $"the command of {start.Key} holds a NUL character, which no program can be given");
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

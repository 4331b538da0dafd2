using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Placing;

namespace Quorate.Platforms.Slurm;

/// <summary>Reads what squeue and sinfo print in the formats that are asked for here.</summary>
internal static class SlurmText
{
    /// <summary>Fields in this order, each followed by a bar. Widths would cut long values; a suffix does not.</summary>
    public const string JobFormat = "JobID:|,Comment:|,State:|,exit_code:|,RestartCnt:|,NodeList:|,Reason:|";

    /// <summary>Of sacct, whose --parsable2 puts bars in between.</summary>
    public const string AccountFormat = "JobIDRaw,State,ExitCode,NodeList";

    public const string NodeFormat = "%N|%R|%T|%E";

    private const int MaxReason = 200;
    private const int MaxExpanded = 10_000;

    /// <summary>The jobs with the mark, by id. Lines that are not ours are passed over.</summary>
    public static IReadOnlyList<BackendJob> Jobs(string output, string mark)
    {
        var jobs = new List<BackendJob>();
        foreach (var line in output.Split('\n'))
        {
            var fields = line.Split('|');
            if (fields.Length >= 7 && long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out _) && SlurmMarks.KeyIn(fields[1], mark) is { } key && StateOf(fields[2]) is { } state)
            {
                var job = new BackendJob { Id = fields[0], Key = key, State = state, Nodes = Expand(fields[5]), Restarts = Number(fields[4]), Reason = Reason(fields[6]) };
                jobs.Add(job.Ended ? job with { ExitCode = ExitCode(Number(fields[3])) } : job);
            }
        }

        return [.. jobs.OrderBy(j => long.Parse(j.Id, CultureInfo.InvariantCulture))];
    }

    /// <summary>The job in the accounts; null: it is not there. One that was started again has several lines, the last one counts.</summary>
    public static BackendJob? Account(string output, string id, string key)
    {
        BackendJob? job = null;
        foreach (var fields in output.Split('\n').Select(l => l.Split('|')).Where(f => f.Length >= 4 && f[0] == id))
        {
            if (StateOf(fields[1]) is { } state)
            {
                job = new BackendJob { Id = id, Key = key, State = state, Nodes = Expand(fields[3]) };
                job = job.Ended ? job with { ExitCode = AccountedExit(fields[2].Split(':')) } : job;
            }
        }

        return job;
    }

    /// <summary>The nodes of the partitions that pools stand for.</summary>
    public static IReadOnlyList<BackendNode> Nodes(string output, ILookup<string, string> poolsOf)
    {
        var nodes = new List<BackendNode>();
        foreach (var line in output.Split('\n'))
        {
            // The reason comes last, so that bars in it do no harm.
            var fields = line.Split('|', 4);
            if (fields.Length == 4)
            {
                nodes.AddRange(poolsOf[fields[1]].Select(pool => new BackendNode(fields[0], pool, NodeStateOf(fields[2]), Reason(fields[3]))));
            }
        }

        return [.. nodes.OrderBy(n => n.Pool, StringComparer.Ordinal).ThenBy(n => n.Name.Length).ThenBy(n => n.Name, StringComparer.Ordinal)];
    }

    /// <summary>Names in Slurm's short form: <c>n[1-3,07],login</c>. At most 10,000 are read.</summary>
    public static IReadOnlyList<string> Expand(string list)
    {
        var names = new List<string>();
        var start = 0;
        for (var (at, depth) = (0, 0); at <= list.Length; at++)
        {
            depth += at == list.Length ? 0 : list[at] switch { '[' => 1, ']' => -1, _ => 0 };
            if (at == list.Length || (list[at] == ',' && depth == 0))
            {
                ExpandOne(list[start..at], names);
                start = at + 1;
            }
        }

        return names;
    }

    private static void ExpandOne(string text, List<string> names)
    {
        var (open, close) = (text.IndexOf('['), text.IndexOf(']'));
        if (open < 0 || close < open)
        {
            if (text.Length > 0 && text is not ("(null)" or "None" or "None assigned") && names.Count < MaxExpanded)
            {
                names.Add(text);
            }

            return;
        }

        foreach (var part in text[(open + 1)..close].Split(','))
        {
            var ends = part.Split('-');
            if (long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) && long.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                for (var number = first; number <= last && names.Count < MaxExpanded; number++)
                {
                    ExpandOne(text[..open] + number.ToString(CultureInfo.InvariantCulture).PadLeft(ends[0].Length, '0') + text[(close + 1)..], names);
                }
            }
        }
    }

    /// <summary>Null: a state that is none of a job's own.</summary>
    private static BackendJobState? StateOf(string state) => state.Split(' ', '+')[0] switch
    {
        "PENDING" or "REQUEUED" or "REQUEUE_HOLD" or "REQUEUE_FED" or "SPECIAL_EXIT" or "RESV_DEL_HOLD" => BackendJobState.Pending,
        "RUNNING" or "COMPLETING" or "CONFIGURING" or "SUSPENDED" or "STOPPED" or "SIGNALING" or "STAGE_OUT" or "RESIZING" => BackendJobState.Running,
        "COMPLETED" => BackendJobState.Completed,
        "FAILED" or "OUT_OF_MEMORY" or "BOOT_FAIL" or "LAUNCH_FAILED" => BackendJobState.Failed,
        "CANCELLED" or "PREEMPTED" or "REVOKED" => BackendJobState.Cancelled,
        "TIMEOUT" or "DEADLINE" => BackendJobState.TimedOut,
        "NODE_FAIL" => BackendJobState.NodeFailed,
        _ => null,
    };

    private static BackendNodeState NodeStateOf(string state) => state.TrimEnd('*', '~', '#', '!', '%', '$', '@', '^', '-') switch
    {
        // A star: the node does not answer, and soon it will be down.
        "idle" when state[^1] != '*' => BackendNodeState.Idle,
        "allocated" or "mixed" or "completing" or "reserved" or "planned" or "blocked" when state[^1] != '*' => BackendNodeState.Allocated,
        // Failing: jobs go on there, and it is expected to fail.
        "drained" or "draining" or "drain" or "maint" or "failing" => BackendNodeState.Drained,
        _ => BackendNodeState.Down,
    };

    /// <summary>A wait status (waitpid(2)): the code in the high byte, a signal in the low one.</summary>
    private static int ExitCode(int status) => (status & 0x7f) is > 0 and var signal ? 128 + signal : status >> 8;

    /// <summary>Code and signal.</summary>
    private static int AccountedExit(string[] parts) => parts.Length == 2 && Number(parts[1]) is > 0 and var signal ? 128 + signal : Number(parts[0]);

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string? Reason(string text) => text is "None" or "none" or "(null)" or "" ? null : PlainText.Line(text, MaxReason);
}

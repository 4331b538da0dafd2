using System.Globalization;
using Quorate.Platforms.Processes;

namespace Quorate.Platforms.Services;

/// <summary>A container's processes as the kernel of this host sees them. Empty for a container of another host.</summary>
internal static class ContainerProcesses
{
    private const int MaxProcesses = 2_000;

    /// <summary>Where a controller of the container's control group is, on version 1 or 2; null when it is not of this host.</summary>
    public static string? Group(int pid, string containerId, string controller)
    {
        foreach (var line in (ReadText($"/proc/{pid}/cgroup") ?? "").Split('\n').Where(l => l.Contains(containerId, StringComparison.Ordinal)))
        {
            if (line.Split(':', 3) is [_, var controllers, var path] && (controllers.Length == 0 || controllers.Split(',').Contains(controller)))
            {
                return controllers.Length == 0 ? "/sys/fs/cgroup" + path : $"/sys/fs/cgroup/{controller}{path}";
            }
        }

        return null;
    }

    /// <summary>Processes that a signal has stopped.</summary>
    public static IReadOnlyList<int> Stopped(int pid, string containerId) => [.. All(pid, containerId).Where(IsStopped)];

    /// <summary>Command lines, as ps prints them.</summary>
    public static IReadOnlyList<string> Commands(int pid, string containerId) =>
        [.. All(pid, containerId).Select(p => (ReadText($"/proc/{p}/cmdline") ?? "").Replace('\0', ' ').TrimEnd()).Where(c => c.Length > 0)];

    /// <summary>Lets stopped processes go on.</summary>
    public static void Continue(IEnumerable<int> processes)
    {
        foreach (var process in processes)
        {
            _ = Native.Kill(process, Native.SigCont);
        }
    }

    /// <summary>The kernel's own files cannot be links to anything; null when they cannot be read.</summary>
    public static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<int> All(int pid, string containerId) => Group(pid, containerId, "pids") is { } group
        ? (ReadText(group + "/cgroup.procs") ?? "").Split('\n').Take(MaxProcesses)
            .Select(l => int.TryParse(l, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0).Where(id => id > 0)
        : [];

    /// <summary>The state is the first letter after the name, which is in parentheses and may hold any character (proc(5)).</summary>
    private static bool IsStopped(int process) =>
        ReadText($"/proc/{process}/stat") is { } stat && stat.LastIndexOf(')') is > 0 and var at && at + 2 < stat.Length && stat[at + 2] == 'T';
}

using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>File systems that only this container has, such as a tmpfs of a declared size, and that are as good as full.</summary>
internal static class FullFileSystems
{
    private const double NearlyAll = 0.97;
    private static readonly string[] NoStorage = ["proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "overlay", "devtmpfs"];

    public static void Read(int pid, Inspection inspection)
    {
        var mounts = (ContainerProcesses.ReadText($"/proc/{pid}/mountinfo") ?? "").Split('\n').Select(l => l.Split(' ')).Where(f => f.Length > 9).ToList();
        // The file systems of this host, on which the Engine keeps its files, are everybody's.
        var hosts = mounts.Where(f => f[4] is "/etc/hosts" or "/etc/resolv.conf").Select(f => f[2]).ToHashSet(StringComparer.Ordinal);
        foreach (var fields in mounts.Where(f => !hosts.Contains(f[2]) && !NoStorage.Contains(TypeOf(f), StringComparer.Ordinal) && !IsKernels(f[4])))
        {
            if (Used(pid, fields[4]) is >= NearlyAll and var used)
            {
                inspection.Add(new ServiceCondition(ConditionKinds.DiskFull, string.Create(CultureInfo.InvariantCulture, $"{fields[4]} is {100 * used:0} % full")));
            }
        }
    }

    private static string TypeOf(string[] fields) => Array.IndexOf(fields, "-") is > 0 and var at && at + 1 < fields.Length ? fields[at + 1] : "";

    private static bool IsKernels(string place) =>
        place is "/dev" or "/proc" or "/sys" || place.StartsWith("/dev/", StringComparison.Ordinal) || place.StartsWith("/proc/", StringComparison.Ordinal) || place.StartsWith("/sys/", StringComparison.Ordinal);

    private static double? Used(int pid, string place)
    {
        try
        {
            var drive = new DriveInfo($"/proc/{pid}/root{place}");
            return drive.TotalSize > 0 ? 1 - ((double)drive.AvailableFreeSpace / drive.TotalSize) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}

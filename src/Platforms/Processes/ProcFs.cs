using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Quorate.Platforms.Processes;

/// <summary>A process that is the same one only while both are equal: the kernel gives a pid away again.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="StartTicks">Start time in clock ticks (1/100 s) since boot.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProcessIdentity(int Pid, long StartTicks);

/// <summary>The fields of <c>/proc/PID/stat</c> that are used, by proc(5).</summary>
internal sealed record ProcessStat(ProcessIdentity Identity, char State, int Parent, int Group, int Session, long CpuTicks, int Threads, long ResidentPages)
{
    /// <summary>Waiting only for its parent to take note of its end.</summary>
    public bool IsGone => State is 'Z' or 'X' or 'x';

    public bool IsStopped => State is 'T';
}

/// <summary>Reads <c>/proc</c>. A process that ends meanwhile, or that is not ours to read, is simply not there.</summary>
internal static class ProcFs
{
    /// <summary>Linux gives USER_HZ as 100 on every architecture that .NET runs on.</summary>
    public const int TicksPerSecond = 100;

    /// <summary>Bounds what one process's environment or command line may take, as the kernel bounds it (a quarter of an 8 MiB stack).</summary>
    private const int MaxBytes = 2 << 20;

    public static IEnumerable<int> ListPids()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                yield return pid;
            }
        }
    }

    public static ProcessStat? ReadStat(int pid)
    {
        if (Read($"/proc/{pid}/stat") is not { Length: > 0 } bytes)
        {
            return null;
        }

        var text = Encoding.Latin1.GetString(bytes);
        // The name in parentheses may itself hold spaces and parentheses: the fields start after the last one.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        long Number(int field) => long.Parse(fields[field - 3], CultureInfo.InvariantCulture);
        return new ProcessStat(
            new ProcessIdentity(pid, Number(22)),
            fields[0][0],
            (int)Number(4),
            (int)Number(5),
            (int)Number(6),
            Number(14) + Number(15),
            (int)Number(20),
            Number(24));
    }

    /// <summary>How long each thread has run and has waited for a core, by sched-stats in the kernel's documentation; none on a kernel without it.</summary>
    public static IEnumerable<(int Thread, TimeSpan Ran, TimeSpan Waited)> ReadThreads(int pid)
    {
        foreach (var folder in List($"/proc/{pid}/task"))
        {
            if (Read($"{folder}/schedstat") is { Length: > 0 } bytes && Encoding.Latin1.GetString(bytes).Split(' ') is [var ran, var waited, ..])
            {
                yield return (int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), Nanoseconds(ran), Nanoseconds(waited));
            }
        }
    }

    /// <summary>Whether this very process still runs.</summary>
    public static bool IsAlive(ProcessIdentity identity) => ReadStat(identity.Pid) is { IsGone: false } stat && stat.Identity == identity;

    public static IReadOnlyList<string> ReadCommandLine(int pid) => Split(Read($"/proc/{pid}/cmdline"));

    public static Dictionary<string, string> ReadEnvironment(int pid)
    {
        var values = new Dictionary<string, string>();
        foreach (var entry in Split(Read($"/proc/{pid}/environ")))
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                values.TryAdd(entry[..equals], entry[(equals + 1)..]);
            }
        }

        return values;
    }

    /// <summary>The raw environment block, to look for markers in without taking it apart.</summary>
    public static byte[]? ReadEnvironmentBlock(int pid) => Read($"/proc/{pid}/environ");

    /// <summary>Time since boot, suspended time included, to 10 ms.</summary>
    public static TimeSpan ReadUptime() =>
        TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture));

    private static TimeSpan Nanoseconds(string text) =>
        TimeSpan.FromTicks(long.Parse(text, CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick);

    private static string[] List(string folder)
    {
        try
        {
            return Directory.GetDirectories(folder);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string[] Split(byte[]? block)
    {
        if (block is not { Length: > 0 })
        {
            return [];
        }

        var text = Encoding.UTF8.GetString(block);
        return (text[^1] == '\0' ? text[..^1] : text).Split('\0');
    }

    private static byte[]? Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            using var content = new MemoryStream();
            var buffer = new byte[16 * 1024];
            int count;
            while (content.Length < MaxBytes && (count = file.Read(buffer)) > 0)
            {
                content.Write(buffer, 0, count);
            }

            return content.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

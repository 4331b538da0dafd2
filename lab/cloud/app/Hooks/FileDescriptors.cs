using System.Globalization;

namespace Quorate.Lab.Cloud.Hooks;

/// <summary>Open file descriptors of this process and how many it may have; health fails when hardly any is left.</summary>
internal sealed class FileDescriptors
{
    /// <summary>Kept free by <see cref="Take"/>: the runtime ends the process when it gets none for itself.</summary>
    private const int Reserve = 8;

    private const double HighShare = 0.95;
    private const string LimitName = "Max open files";

    private readonly int limit = ReadLimit();

    public FileDescriptors(RoleHost host)
    {
        host.Health.Add("files", _ => Check());
        host.Metrics.Gauge("process_open_fds", "Open file descriptors.", () => Count());
        host.Metrics.Gauge("process_max_fds", "Most file descriptors allowed.", () => limit);
    }

    /// <summary>Opens <paramref name="count"/> files, or as many as there are with a few to spare, until <paramref name="end"/>.</summary>
    public static void Take(int count, CancellationToken end)
    {
        var files = new List<FileStream>();
        try
        {
            while (files.Count < count)
            {
                files.Add(new FileStream("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1));
            }
        }
        catch (IOException)
        {
            files.TakeLast(Reserve).ToList().ForEach(f => f.Dispose());
        }
        end.Register(() => files.ForEach(f => f.Dispose()));
    }

    private Task Check()
    {
        int count = Count();
        return count < HighShare * limit
            ? Task.CompletedTask
            : throw new IOException($"too many open files: {count} of {limit} file descriptors are in use");
    }

    private static int Count() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>The soft limit: "Max open files            512                  512                  files".</summary>
    private static int ReadLimit()
    {
        string line = File.ReadLines("/proc/self/limits").First(l => l.StartsWith(LimitName, StringComparison.Ordinal));
        string soft = line[LimitName.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return int.TryParse(soft, CultureInfo.InvariantCulture, out int value) ? value : int.MaxValue;
    }
}

using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service's data folder cannot be written, for root neither: a small tmpfs lies over it.</summary>
public sealed class DataFault : ISiteFault
{
    /// <summary>Bytes of the file system that is mounted.</summary>
    private const int Size = 256 * 1024;
    private const int Page = 4096;

    private readonly bool full;

    private DataFault(bool full) => this.full = full;

    public static DataFault ReadOnly { get; } = new(full: false);

    public static DataFault Full { get; } = new(full: true);

    public string Name => full ? "data_full" : "data_readonly";

    public string Summary => full
        ? "Mounts a small tmpfs over the service's data folder and fills it: writes fail with \"No space left on device\"."
        : "Mounts a read-only tmpfs over the service's data folder: writes fail with \"Read-only file system\".";

    public string Needs => "Root (CAP_SYS_ADMIN), and a target with a data folder (x-quorate.data) that exists.";

    public string Reverting => "The mount is taken away; the data beneath was never touched.";

    public string BlastRadius => "Everything that has to be written fails, and reads of what lies in the folder; the data beneath stays untouched.";

    public string DefaultTarget => "store";

    public string Resource => FaultResources.Data;

    public IReadOnlyList<string> Platforms { get; } = ["process"];

    public async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken)
    {
        await context.RunningAsync(target.Name, cancellationToken);
        DataFolder folder = (target.Process?.Data is [var first, ..] ? first : null)
            ?? throw QuorateException.Input("no_data_folder", $"service {target.Name} declares no data folder (x-quorate.data)");
        if (!Directory.Exists(folder.Path))
        {
            throw QuorateException.Input("no_data_folder", $"the data folder {folder.Path} of {target.Name} does not exist", "quorate site up");
        }
        if (!Native.IsRoot)
        {
            throw QuorateException.Missing("needs_root", $"fault {Name} mounts a file system, which only root may", "run it as root");
        }
        return new Dictionary<string, string>
        {
            ["path"] = folder.Path,
            ["source"] = $"quorate-fault-{context.Time.GetUtcNow().UtcTicks:x}",
        };
    }

    public Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        string path = receipt.Values["path"];
        try
        {
            Native.MountTmpfs(receipt.Values["source"], path, full ? 0 : Native.ReadOnlyMount, $"size={Size},mode=0777");
        }
        catch (IOException failure)
        {
            throw QuorateException.Missing("mount_refused", failure.Message, "mounting needs CAP_SYS_ADMIN", failure);
        }
        if (full)
        {
            Fill(Path.Combine(path, "filler"));
        }
        return Task.CompletedTask;
    }

    public Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        foreach (string mountPoint in Mounts.OfSource(receipt.Values["source"]))
        {
            Native.Unmount(mountPoint);
        }
        return Task.CompletedTask;
    }

    public Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        Task.FromResult(Mounts.OfSource(receipt.Values["source"]).Count > 0);

    public async Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        (await context.ObserveAsync(receipt.Target, cancellationToken)).DataProblems is [var problem, ..]
            ? $"{receipt.Target} cannot write {problem.Path}: {problem.Detail}"
            : null;

    public IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("reconcile", receipt.Target)];

    private static void Fill(string path)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            for (int written = 0; written <= Size; written += Page)
            {
                file.Write(new byte[Page]);
            }
        }
        catch (IOException)
        {
            // "No space left on device" is what was wanted.
        }
    }
}

/// <summary>What is mounted, as this process sees it (<c>proc_pid_mountinfo(5)</c>).</summary>
internal static class Mounts
{
    public static IReadOnlyList<string> OfSource(string source) => File.ReadLines("/proc/self/mountinfo")
        .Select(line => line.Split(' '))
        .Where(fields => Array.IndexOf(fields, "-") is var dash and > 0 && fields.Length > dash + 2 && fields[dash + 2] == source)
        .Select(fields => Unescape(fields[4]))
        .Reverse()
        .ToList();

    /// <summary>Space, tab, newline and backslash are written as three octal digits.</summary>
    private static string Unescape(string path) => path
        .Replace(@"\040", " ").Replace(@"\011", "\t").Replace(@"\012", "\n").Replace(@"\134", @"\");
}

using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The small file system of the service's data folder is full.</summary>
public sealed class DiskFullFault : HookFault
{
    /// <summary>Only file systems up to this size are filled: never a disk of the machine.</summary>
    private const long LargestBytes = 64L << 20;
    private const int BlockBytes = 4096;

    public override string Name => "disk_full";

    public override string Summary => "Fills the tmpfs of the service's data folder: writes fail with \"No space left on device\".";

    public override string BlastRadius => "The service can store nothing, and its health fails; what is stored stays, and orders still go through.";

    public override string Needs => "Root, and a running target whose data folder (DATA_DIR) is a tmpfs of at most 64 MB.";

    public override string Reverting => "The file that fills it is deleted.";

    public override string Resource => FaultResources.Data;

    protected override string Hook => "";

    protected override string Query => "";

    protected override string Check => "data";

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(receipt.Target, cancellationToken);
        await using FileStream file = new(PathOf(receipt, seen), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            for (long written = 0; written <= LargestBytes; written += BlockBytes)
            {
                file.Write(new byte[BlockBytes]);
            }
        }
        catch (IOException)
        {
            // "No space left on device" is what was wanted.
        }
    }

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        ContainerFiles.RequireRoot(Name);
        string folder = target.Environment.GetValueOrDefault("DATA_DIR")
            ?? throw new PlatformException("it declares no DATA_DIR", retryable: false);
        var disk = new DriveInfo(ContainerFiles.PathOf(seen, folder));
        return disk.TotalSize > LargestBytes
            ? throw new PlatformException($"the file system of {folder} has {disk.TotalSize >> 20} MB", retryable: false)
            : new Dictionary<string, string>(await base.PrepareAsync(context, target, seen, cancellationToken))
            {
                ["file"] = Path.Combine(folder, $"fill-{context.Time.GetUtcNow().UtcTicks:x}"),
            };
    }

    protected override Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        File.Delete(PathOf(receipt, seen));
        return Task.CompletedTask;
    }

    private static string PathOf(FaultReceipt receipt, ServiceObservation seen) => ContainerFiles.PathOf(seen, receipt.Values["file"]);
}

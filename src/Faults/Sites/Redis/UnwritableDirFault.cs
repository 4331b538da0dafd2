using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The cache cannot save to its folder, and so refuses to be written (stop-writes-on-bgsave-error).</summary>
public sealed class UnwritableDirFault : RedisFault
{
    private const UnixFileMode Unwritable = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public override string Name => "unwritable_dir";

    public override string Summary => "Takes the write permission from the server's data folder and lets a save fail: every write is refused (MISCONF).";

    public override string BlastRadius => "Nothing new can be cached; what is cached can be read, and orders still go through.";

    public override string Needs => "Root, and a running Redis server that saves (save) and stops writes when that fails.";

    public override string Reverting => "The folder gets its permissions back, and a save clears the server's error.";

    public override string Resource => FaultResources.Data;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(receipt.Target, cancellationToken);
        File.SetUnixFileMode(PathOf(receipt, seen), Unwritable);
        await SaveAsync(context, receipt, "err", cancellationToken);
    }

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("restart", receipt.Target)];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        ContainerFiles.RequireRoot(Name);
        string folder = await SettingAsync(context, target.Name, "dir", cancellationToken);
        return await SettingAsync(context, target.Name, "save", cancellationToken) == ""
            ? throw new PlatformException("it never saves (save is empty)", retryable: false)
            : new Dictionary<string, string>
            {
                ["folder"] = folder,
                ["mode"] = ((int)File.GetUnixFileMode(ContainerFiles.PathOf(seen, folder))).ToString(CultureInfo.InvariantCulture),
            };
    }

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        string path = PathOf(receipt, seen);
        if (File.GetUnixFileMode(path) == Unwritable)
        {
            File.SetUnixFileMode(path, (UnixFileMode)int.Parse(receipt.Values["mode"], CultureInfo.InvariantCulture));
        }
        if (await StatusAsync(context, receipt, cancellationToken) != "ok")
        {
            await SaveAsync(context, receipt, "ok", cancellationToken);
        }
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        File.GetUnixFileMode(PathOf(receipt, seen)) == Unwritable && await StatusAsync(context, receipt, cancellationToken) != "ok";

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await StatusAsync(context, receipt, cancellationToken) is not "ok" and var status ? $"the last save of {receipt.Target} ended with {status}" : null;

    private static string PathOf(FaultReceipt receipt, ServiceObservation seen) => ContainerFiles.PathOf(seen, receipt.Values["folder"]);

    private static async Task SaveAsync(FaultContext context, FaultReceipt receipt, string outcome, CancellationToken cancellationToken)
    {
        await context.UntilAsync($"a save of {receipt.Target} with outcome {outcome}", Patience, async () =>
        {
            await CommandAsync(context, receipt.Target, cancellationToken, "BGSAVE", "SCHEDULE");
            return await StatusAsync(context, receipt, cancellationToken) == outcome;
        }, cancellationToken);
    }

    private static async Task<string> StatusAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        const string field = "rdb_last_bgsave_status:";
        string info = await CommandAsync(context, receipt.Target, cancellationToken, "INFO", "persistence");
        return info.Split('\n').FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal)) is { } line
            ? line[field.Length..].Trim()
            : throw new PlatformException($"{receipt.Target} does not say how its last save ended", retryable: false);
    }
}

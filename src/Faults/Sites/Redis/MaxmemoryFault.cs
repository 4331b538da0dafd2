using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The cache has no room and may throw nothing out.</summary>
public sealed class MaxmemoryFault : RedisFault
{
    /// <summary>Below what an empty server uses.</summary>
    private const string TooLow = "100000";
    private const string Policy = "noeviction";

    public override string Name => "maxmemory_noeviction";

    public override string Summary => "Sets maxmemory below what is in use and maxmemory-policy to noeviction: every write is refused (OOM).";

    public override string BlastRadius => "Nothing new can be cached; what is cached can be read, and orders still go through.";

    public override string Reverting => "Both settings get their former values.";

    public override string Resource => FaultResources.Memory;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        // The policy first: otherwise the smaller limit would throw everything out.
        await CommandAsync(context, receipt.Target, cancellationToken, "CONFIG", "SET", "maxmemory-policy", Policy);
        await CommandAsync(context, receipt.Target, cancellationToken, "CONFIG", "SET", "maxmemory", TooLow);
    }

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
    [
        FaultRemedy.Of("restore_config", receipt.Target, ("key", "setting/maxmemory")),
        FaultRemedy.Of("restore_config", receipt.Target, ("key", "setting/maxmemory-policy")),
    ];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken) => new Dictionary<string, string>
        {
            ["maxmemory"] = await SettingAsync(context, target.Name, "maxmemory", cancellationToken),
            ["maxmemory-policy"] = await SettingAsync(context, target.Name, "maxmemory-policy", cancellationToken),
        };

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        await CommandAsync(context, receipt.Target, cancellationToken, "CONFIG", "SET", "maxmemory", receipt.Values["maxmemory"]);
        await CommandAsync(context, receipt.Target, cancellationToken, "CONFIG", "SET", "maxmemory-policy", receipt.Values["maxmemory-policy"]);
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await SettingAsync(context, receipt.Target, "maxmemory", cancellationToken) == TooLow;

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        foreach ((string setting, string wanted) in receipt.Values)
        {
            string value = await SettingAsync(context, receipt.Target, setting, cancellationToken);
            if (value != wanted)
            {
                return $"{setting} of {receipt.Target} is {value}, and was {wanted}";
            }
        }
        return null;
    }
}

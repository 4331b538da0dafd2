using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The broker believes that it has no memory left, and blocks whoever publishes.</summary>
public sealed partial class MemoryAlarmFault : RabbitMqFault
{
    /// <summary>Bytes; less than a broker without any queue takes.</summary>
    private const string TooLow = "1000000";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public override string Name => "memory_alarm";

    public override string Summary => "Sets the broker's memory watermark to 1 MB, which raises its alarm.";

    public override string BlastRadius => "Publishers are blocked: orders are accepted with 202 and wait; consumers go on, and messages stay.";

    public override string Reverting => "The watermark gets its former value.";

    public override string Resource => FaultResources.Memory;

    protected override bool IsInVolume => false;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        await ControlAsync(context, receipt.Target, cancellationToken, "set_vm_memory_high_watermark", "absolute", TooLow);
        await context.UntilAsync("the broker's memory alarm", Patience, async () =>
            (await ControlAsync(context, receipt.Target, cancellationToken, "eval", "rabbit_alarm:get_alarms().")).Contains("memory", StringComparison.Ordinal), cancellationToken);
    }

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        [FaultRemedy.Of("restore_config", receipt.Target, ("key", "limit/memory"))];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken) =>
        new Dictionary<string, string> { ["watermark"] = await WatermarkAsync(context, target.Name, cancellationToken) };

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        string[] former = receipt.Values["watermark"].Split(' ');
        await ControlAsync(context, receipt.Target, cancellationToken, ["set_vm_memory_high_watermark", .. former]);
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await FindBrokenAsync(context, receipt, seen, cancellationToken) is not null;

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await WatermarkAsync(context, receipt.Target, cancellationToken) is var now && now == receipt.Values["watermark"] ? null : $"the memory watermark is {now}";

    /// <summary><c>0.4</c>, or <c>absolute 200MB</c>: as the command that sets it takes it.</summary>
    private static async Task<string> WatermarkAsync(FaultContext context, string service, CancellationToken cancellationToken)
    {
        string said = await ControlAsync(context, service, cancellationToken, "eval", "vm_memory_monitor:get_vm_memory_high_watermark().");
        Match absolute = Absolute().Match(said);
        Match share = Share().Match(said);
        return absolute.Success ? $"absolute {absolute.Groups["value"].Value}"
            : share.Success ? share.Value
            : throw new PlatformException($"{service} does not say its memory watermark: {said}", retryable: false);
    }

    [GeneratedRegex("""^\{absolute,"?(?<value>[0-9]+[A-Za-z]{0,3})"?\}$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 200)]
    private static partial Regex Absolute();

    [GeneratedRegex("^[0-9]+([.][0-9]+)?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 200)]
    private static partial Regex Share();
}

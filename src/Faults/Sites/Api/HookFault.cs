using System.Text.Json;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>
/// A way to suffer that the lab's api has in itself (<c>/lab/NAME</c>): really done inside its process, and told by one of
/// the checks of its own <c>/healthz</c>.
/// </summary>
public abstract class HookFault : ContainerFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Health keeps an answer for 200 ms: what it says later is about what is there now.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMilliseconds(250);

    public override string Needs => "A running target with the lab's controls (CLOUD_LAB=1).";

    public override string Reverting => $"DELETE /lab/{Hook}; the service is restarted when it does not hear that.";

    public override string DefaultTarget => "api";

    protected abstract string Hook { get; }

    protected abstract string Query { get; }

    /// <summary>The check of <c>/healthz</c> that fails while the effect is there.</summary>
    protected abstract string Check { get; }

    public override Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        LabHook.StartAsync(context, receipt, Query, cancellationToken);

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("restart", receipt.Target)];

    protected override Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>
        {
            ["url"] = FaultContext.AddressOf(target, seen, $"/lab/{Hook}").ToString(),
        });

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        try
        {
            await LabHook.DeleteAsync(context, receipt, Patience, cancellationToken);
        }
        catch (PlatformException)
        {
            // A process without files or locks may not hear it.
            await context.Platform.RestartAsync(receipt.Target, receipt.EffectKey + "-revert", context.Time.GetUtcNow(), cancellationToken);
        }
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await FindBrokenAsync(context, receipt, seen, cancellationToken) is not null;

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        var url = new Uri(new Uri(receipt.Values["url"]), "/healthz");
        await Task.Delay(Kept, context.Time, cancellationToken);
        (_, string body) = await context.SendAsync(HttpMethod.Get, url, Patience, cancellationToken);
        return Read(body) is { } told && told != "ok" ? $"{receipt.Target}: {Check}: {told}" : null;
    }

    private string? Read(string body)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(body).TryGetProperty("checks", out JsonElement checks) && checks.TryGetProperty(Check, out JsonElement told)
                ? told.GetString()
                : throw new PlatformException($"/healthz has no check {Check}", retryable: false);
        }
        catch (JsonException failure)
        {
            throw new PlatformException($"/healthz answers no JSON: {failure.Message}", retryable: true, failure);
        }
    }
}

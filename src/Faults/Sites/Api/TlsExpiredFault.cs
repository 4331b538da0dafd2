using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service's TLS certificate is past its end.</summary>
public sealed class TlsExpiredFault : HookFault
{
    private const string Expired = "days=-1";
    private const string Valid = "days=90";

    /// <summary>Health keeps an answer for a moment.</summary>
    private static readonly TimeSpan Noticing = TimeSpan.FromSeconds(5);

    public override string Name => "tls_expired";

    public override string Summary => "Replaces the certificate of the service's TLS port by one that expired yesterday.";

    public override string BlastRadius => "Clients that check certificates refuse the TLS port, and health fails; plain HTTP inside the site goes on.";

    public override string Reverting => "A certificate for 90 days is made, when the one there has expired.";

    public override string Resource => FaultResources.Certificate;

    protected override string Hook => "certificate";

    protected override string Query => Expired;

    protected override string Check => "certificate";

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(context, receipt, seen, cancellationToken))
        {
            await LabHook.StartAsync(context, receipt, Valid, cancellationToken);
            await context.UntilAsync("health's notice of the new certificate", Noticing, async () => !await IsThereAsync(context, receipt, seen, cancellationToken), cancellationToken);
        }
    }
}

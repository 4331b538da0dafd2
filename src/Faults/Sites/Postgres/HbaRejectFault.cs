using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Faults.Sites;

/// <summary>A rule of the server's host-based access control turns the services away.</summary>
public sealed class HbaRejectFault : PostgresFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override string Name => "hba_reject";

    public override string Summary => "Puts a rule at the head of pg_hba.conf that rejects the role of the services, reloads, and ends its sessions.";

    public override string BlastRadius => "The services cannot log in to the database: no order is placed, read or processed; the data stays.";

    public override string Reverting => "The rule is taken out of pg_hba.conf, which is then loaded again.";

    public override string Resource => FaultResources.Configuration;

    protected override bool IsInVolume => true;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        await EditAsync(context, receipt, $"1i\\host all {Role} all reject # {receipt.EffectKey}", cancellationToken);
        await EndSessionsAsync(context, receipt.Target, cancellationToken);
    }

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        [FaultRemedy.Of("restore_config", receipt.Target, ("key", "hba/rules"))];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, string service, CancellationToken cancellationToken) =>
        new Dictionary<string, string> { ["file"] = (await QueryAsync(context, service, "SHOW hba_file", cancellationToken)).Trim() };

    protected override Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        EditAsync(context, receipt, $"/# {receipt.EffectKey}$/d", cancellationToken);

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await FindBrokenAsync(context, receipt, seen, cancellationToken) is not null;

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await NumberAsync(context, receipt.Target,
            $"SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'reject' AND {PostgresAdmin.Literal(Role)} = ANY (user_name)", cancellationToken) > 0
            ? $"pg_hba.conf rejects role {Role}"
            : null;

    private static async Task EditAsync(FaultContext context, FaultReceipt receipt, string edit, CancellationToken cancellationToken)
    {
        ExecOutcome outcome = await context.Platform.ExecAsync(receipt.Target, ["sed", "-i", edit, receipt.Values["file"]], Patience, cancellationToken);
        if (outcome.ExitCode != 0)
        {
            throw new PlatformException($"sed in {receipt.Target} ended with exit code {outcome.ExitCode}: {PlainText.Line(outcome.Output, 200)}", retryable: false);
        }
        await QueryAsync(context, receipt.Target, "SELECT pg_reload_conf()", cancellationToken);
    }
}

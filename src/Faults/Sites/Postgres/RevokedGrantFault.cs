using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Faults.Sites;

/// <summary>The services may not use the table of orders any more.</summary>
public sealed class RevokedGrantFault : PostgresFault
{
    private static readonly string[] Known = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

    public override string Name => "revoked_grant";

    public override string Summary => $"Revokes every privilege on the table {Table} from the role of the services.";

    public override string BlastRadius => "Orders can be neither placed, read nor processed (permission denied); the data stays.";

    public override string Reverting => "The privileges that were there before are granted again.";

    public override string Resource => FaultResources.Access;

    protected override bool IsInVolume => true;

    public override Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        QueryAsync(context, receipt.Target, $"REVOKE ALL ON {Table} FROM {Role}", cancellationToken);

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        [FaultRemedy.Of("restore_config", receipt.Target, ("key", $"grant/TABLE public.{Table} to {Role}"))];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, string service, CancellationToken cancellationToken)
    {
        string privileges = (await QueryAsync(context, service,
            $"SELECT string_agg(privilege_type, ',') FROM information_schema.role_table_grants WHERE table_name = {PostgresAdmin.Literal(Table)} AND grantee = {PostgresAdmin.Literal(Role)}",
            cancellationToken)).Trim();
        return privileges.Length == 0 || privileges.Split(',').Except(Known).Any()
            ? throw new PlatformException($"role {Role} has no privileges on {Table} that could be revoked", retryable: false)
            : new Dictionary<string, string> { ["privileges"] = privileges };
    }

    protected override Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        QueryAsync(context, receipt.Target, $"GRANT {receipt.Values["privileges"]} ON {Table} TO {Role}", cancellationToken);

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await FindBrokenAsync(context, receipt, seen, cancellationToken) is not null;

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        foreach (string privilege in receipt.Values["privileges"].Split(','))
        {
            string may = await QueryAsync(context, receipt.Target,
                $"SELECT has_table_privilege({PostgresAdmin.Literal(Role)}, {PostgresAdmin.Literal(Table)}, {PostgresAdmin.Literal(privilege)})", cancellationToken);
            if (may.Trim() != "t")
            {
                return $"role {Role} may not {privilege} in table {Table}";
            }
        }
        return null;
    }
}

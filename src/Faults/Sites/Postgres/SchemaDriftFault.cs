using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Faults.Sites;

/// <summary>Somebody renamed a column that the services ask for.</summary>
public sealed class SchemaDriftFault : PostgresFault
{
    private const string Column = "quantity";
    private const string Renamed = "quantity_old";

    public override string Name => "schema_drift";

    public override string Summary => $"Renames the column {Column} of the table {Table}.";

    public override string BlastRadius => "Orders can be neither placed nor read (column does not exist); the data stays.";

    public override string Reverting => "The column gets its name back when it still has the other one.";

    public override string Resource => FaultResources.Schema;

    protected override bool IsInVolume => true;

    public override Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        RenameAsync(context, receipt, Column, Renamed, cancellationToken);

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        [FaultRemedy.Of("restore_config", receipt.Target, ("key", $"column/public.{Table}.{Column}"))];

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (await HasColumnAsync(context, receipt, Renamed, cancellationToken) && !await HasColumnAsync(context, receipt, Column, cancellationToken))
        {
            await RenameAsync(context, receipt, Renamed, Column, cancellationToken);
        }
    }

    protected override Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        HasColumnAsync(context, receipt, Renamed, cancellationToken);

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await HasColumnAsync(context, receipt, Column, cancellationToken) ? null : $"table {Table} has no column {Column}";

    private static Task<string> RenameAsync(FaultContext context, FaultReceipt receipt, string from, string to, CancellationToken cancellationToken) =>
        QueryAsync(context, receipt.Target, $"SET lock_timeout = '3s'; ALTER TABLE {Table} RENAME COLUMN {from} TO {to}", cancellationToken);

    private static async Task<bool> HasColumnAsync(FaultContext context, FaultReceipt receipt, string column, CancellationToken cancellationToken) =>
        await NumberAsync(context, receipt.Target,
            $"SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = {PostgresAdmin.Literal(Table)} AND column_name = {PostgresAdmin.Literal(column)}",
            cancellationToken) > 0;
}

using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Faults.Sites;

/// <summary>A session has locked the table of orders and forgotten to commit.</summary>
public sealed class LockHolderFault : SessionFault
{
    private const string Script = """
        { ( echo "BEGIN; LOCK TABLE $3 IN ACCESS EXCLUSIVE MODE;"; exec sleep "$4" ) | psql -X -q -U "$1" -d "$2"; } >/dev/null 2>&1 &
        """;

    private const string Seconds = "1800";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public override string Name => "lock_holder";

    public override string Summary => $"Opens a session that locks the table {Table} (ACCESS EXCLUSIVE) and stays idle in its transaction.";

    public override string BlastRadius => "Everything that reads or writes orders waits until it times out; the data stays.";

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        await HoldAsync(context, receipt, Script, [User(context, receipt), Database(context, receipt), Table, Seconds], cancellationToken);
        await context.UntilAsync($"locking {Table}", Patience, () => HoldsAsync(context, receipt, Mine(receipt), cancellationToken), cancellationToken);
    }

    protected override Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        HoldsAsync(context, receipt, Mine(receipt), cancellationToken);

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await HoldsAsync(context, receipt, "state = 'idle in transaction'", cancellationToken) ? $"an idle session holds a lock of the whole table {Table}" : null;

    private static async Task<bool> HoldsAsync(FaultContext context, FaultReceipt receipt, string whose, CancellationToken cancellationToken) =>
        await NumberAsync(context, receipt.Target,
            $"SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.relation = {PostgresAdmin.Literal(Table)}::regclass AND l.mode = 'AccessExclusiveLock' AND l.granted AND {whose}",
            cancellationToken) > 0;
}

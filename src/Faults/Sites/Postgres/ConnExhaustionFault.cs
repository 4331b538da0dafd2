using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>Idle sessions take every connection that the server has for ordinary roles.</summary>
public sealed class ConnExhaustionFault : SessionFault
{
    /// <summary>More would be no lab's server.</summary>
    private const int MostSlots = 100;
    private const string Slots = "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int";
    private const string Taken = "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')";

    /// <summary>Each holder reads from a pipe into which nobody writes, and tries again while others are before it.</summary>
    private const string Script = """
        f=/tmp/$1; mkfifo "$f" && exec 3<>"$f" && rm "$f" || exit 1
        i=0
        while [ "$i" -lt "$4" ]; do
          ( n=0; while [ "$n" -lt 60 ]; do psql -X -q -U "$2" -d "$3" <&3; n=$((n+1)); sleep 0.25; done ) >/dev/null 2>&1 &
          i=$((i+1))
        done
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public override string Name => "conn_exhaustion";

    public override string Summary => "Opens idle sessions in the role of the services until the server has no connection left but those reserved for superusers.";

    public override string BlastRadius => "The services cannot log in to the database (too many clients): no order is placed, read or processed; the data stays.";

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        int slots = await NumberAsync(context, receipt.Target, $"SELECT {Slots}", cancellationToken);
        if (slots > MostSlots)
        {
            throw new PlatformException($"{receipt.Target} has {slots} connections; this fault takes at most {MostSlots}", retryable: false);
        }
        await HoldAsync(context, receipt, Script, [receipt.EffectKey, Role, Database(context, receipt), slots.ToString(CultureInfo.InvariantCulture)], cancellationToken);
        await context.UntilAsync("taking every connection", Patience, async () =>
        {
            await QueryAsync(context, receipt.Target,
                $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND NOT {Mine(receipt)}", cancellationToken);
            return await FreeAsync(context, receipt, cancellationToken) <= 0;
        }, cancellationToken);
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await FreeAsync(context, receipt, cancellationToken) <= 1
        && await NumberAsync(context, receipt.Target, $"SELECT count(*) FROM pg_stat_activity WHERE {Mine(receipt)}", cancellationToken) > 0;

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await FreeAsync(context, receipt, cancellationToken) is <= 1 and var free
            ? $"{receipt.Target} has {Math.Max(0, free)} connections left for its services"
            : null;

    /// <summary>The session that asks is not counted: superusers have connections of their own.</summary>
    private static Task<int> FreeAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        NumberAsync(context, receipt.Target, $"SELECT {Slots} - {Taken} + 1", cancellationToken);
}

using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The service is stopped as by a person who forgot to start it again.</summary>
public sealed class StopFault : AwayFault
{
    private StopFault(string name, string target, string summary, string blastRadius) =>
        (Name, DefaultTarget, Summary, BlastRadius) = (name, target, summary, blastRadius);

    public static StopFault Any { get; } = new("stop", "worker", "Stops the service in an orderly way.",
        "Everything that needs the service fails until it is started; its data stays.");

    public static StopFault Db { get; } = new("db_stop", "db", "Stops the database server in an orderly way.",
        "No order can be placed, read or processed; the data stays.");

    public static StopFault Cache { get; } = new("cache_stop", "cache", "Stops the cache in an orderly way.",
        "Orders are read from the database instead, slower; what was cached is lost and can be had again.");

    public static StopFault Queue { get; } = new("queue_stop", "queue", "Stops the broker in an orderly way.",
        "Orders are accepted with 202 and wait; none is processed; messages and orders stay.");

    public override string Name { get; }

    public override string Summary { get; }

    public override string BlastRadius { get; }

    public override string DefaultTarget { get; }

    protected override bool EndsLater => true;

    public override string TargetOn(Site site) => this == Db && site.Find("db") is null ? "store" : DefaultTarget;

    public override Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        context.Platform.StopAsync(receipt.Target, cancellationToken);
}

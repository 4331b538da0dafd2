using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The cache holds something else than the order that it should hold.</summary>
public sealed class CachePoisonFault : RedisFault
{
    /// <summary>At once: between two commands a reader may fill the key again.</summary>
    private const string Exchange = "redis.call('DEL', KEYS[1]) return redis.call(ARGV[1], KEYS[1], ARGV[2])";

    private readonly bool list;

    private CachePoisonFault(bool list, string name, string summary) => (this.list, Name, Summary) = (list, name, summary);

    /// <summary>A text of the wrong shape.</summary>
    public static CachePoisonFault Text { get; } = new(list: false, "cache_poison", $"Stores a text that is no order under {Key}, the order that the site's probe reads.");

    /// <summary>A list where a string is expected.</summary>
    public static CachePoisonFault List { get; } = new(list: true, "wrong_type", $"Stores a list under {Key}, the order that the site's probe reads, where the api expects a string.");

    public override string Name { get; }

    public override string Summary { get; }

    public override string BlastRadius => "That one order cannot be read; others can, new ones are placed and processed, and the database has the truth.";

    public override string Reverting => "The key is deleted when it still holds what was stored; the next read fills it from the database.";

    public override string Resource => FaultResources.Content;

    public override Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        CommandAsync(context, receipt.Target, cancellationToken, "EVAL", Exchange, "1", Key, list ? "RPUSH" : "SET", Poison(receipt));

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("restart", receipt.Target)];

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(context, receipt, seen, cancellationToken))
        {
            await CommandAsync(context, receipt.Target, cancellationToken, "DEL", Key);
        }
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        string type = await CommandAsync(context, receipt.Target, cancellationToken, "TYPE", Key);
        return list ? type == "list" : type == "string" && await CommandAsync(context, receipt.Target, cancellationToken, "GET", Key) == Poison(receipt);
    }

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"{Key} in {receipt.Target} is not that order", context, receipt, seen, cancellationToken);

    private static string Poison(FaultReceipt receipt) => $"{{\"basket\":[\"{receipt.EffectKey}\"]}}";
}

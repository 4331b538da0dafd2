using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>Somebody deleted the queue of orders.</summary>
public sealed class QueueDeletedFault : RabbitMqFault
{
    private const string Import = """printf %s "$1" | rabbitmqctl -q import_definitions""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    public override string Name => "queue_deleted";

    public override string Summary => $"Deletes the queue {Queue} with the messages in it.";

    public override string BlastRadius => "Orders are accepted with 202 and wait; none is processed; the messages are lost, and sent again from the orders, which stay.";

    public override string Reverting => "The queue is declared again as it was, when it is not there.";

    public override string Resource => FaultResources.Queue;

    public override Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        ControlAsync(context, receipt.Target, cancellationToken, "delete_queue", Queue);


    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        [FaultRemedy.Of("restore_config", receipt.Target, ("key", $"queue/{Queue} at {Host}"))];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        JsonElement all = JsonSerializer.Deserialize<JsonElement>(await ControlAsync(context, target.Name, cancellationToken, "export_definitions", "-"));
        List<JsonElement> queues = all.GetProperty("queues").EnumerateArray().Where(q => Text(q, "name") == Queue && Text(q, "vhost") == Host).ToList();
        return queues.Count == 1
            ? new Dictionary<string, string> { ["definition"] = JsonSerializer.Serialize(new { queues }) }
            : throw new PlatformException($"it has no queue {Queue}", retryable: false);
    }

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (await HasQueueAsync(context, receipt.Target, cancellationToken))
        {
            return;
        }
        ExecOutcome outcome = await context.Platform.ExecAsync(receipt.Target, ["sh", "-c", Import, "sh", receipt.Values["definition"]], Patience, cancellationToken);
        if (outcome.ExitCode != 0)
        {
            throw new PlatformException($"{receipt.Target} did not take the queue back: {PlainText.Line(outcome.Output, 200)}", retryable: true);
        }
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        !await HasQueueAsync(context, receipt.Target, cancellationToken);

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await HasQueueAsync(context, receipt.Target, cancellationToken) ? null : $"{receipt.Target} has no queue {Queue}";
}

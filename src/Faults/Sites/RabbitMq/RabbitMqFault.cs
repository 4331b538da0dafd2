using System.Text.Json;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Faults.Sites;

/// <summary>Faults of the RabbitMQ broker that carries the lab's orders.</summary>
public abstract class RabbitMqFault : ContainerFault
{
    protected const string Queue = "orders";
    protected const string Host = "/";

    public override string Needs => $"A running RabbitMQ broker with a queue {Queue}.";

    public override string DefaultTarget => "queue";

    protected override bool IsInVolume => true;

    protected static async Task<string> ControlAsync(FaultContext context, string service, CancellationToken cancellationToken, params string[] command) =>
        (await new RabbitMqAdmin(context.Platform, context.Site.Find(service)!).ControlAsync(command, cancellationToken)).Trim();

    /// <summary>What a listing of the broker says, row by row.</summary>
    protected static async Task<IReadOnlyList<JsonElement>> ListAsync(FaultContext context, string service, CancellationToken cancellationToken, params string[] command)
    {
        string text = await ControlAsync(context, service, cancellationToken, [.. command, "--formatter", "json"]);
        try
        {
            return JsonSerializer.Deserialize<List<JsonElement>>(text) ?? [];
        }
        catch (JsonException failure)
        {
            throw new PlatformException($"{service} answered {command[0]} with what is no JSON", retryable: false, failure);
        }
    }

    protected static string? Text(JsonElement row, string name) => row.TryGetProperty(name, out JsonElement value) ? value.ToString() : null;

    protected static async Task<bool> HasQueueAsync(FaultContext context, string service, CancellationToken cancellationToken) =>
        (await ListAsync(context, service, cancellationToken, "list_queues", "name")).Any(row => Text(row, "name") == Queue);

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken) =>
        await HasQueueAsync(context, target.Name, cancellationToken)
            ? new Dictionary<string, string>()
            : throw new PlatformException($"it has no queue {Queue}", retryable: false);
}

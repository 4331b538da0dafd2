using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>The services' user may not use the broker any more.</summary>
public sealed class PermissionRevokedFault : RabbitMqFault
{
    private static readonly string[] Kinds = ["configure", "write", "read"];

    public override string Name => "permission_revoked";

    public override string Summary => "Clears the permissions of the services' user and ends its connections.";

    public override string BlastRadius => "Orders are accepted with 202 and wait; none is processed; messages and orders stay.";

    public override string Reverting => "The user gets the permissions that it had.";

    public override string Resource => FaultResources.Access;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        await ControlAsync(context, receipt.Target, cancellationToken, "clear_permissions", "-p", Host, receipt.Values["user"]);
        // Permissions are looked at when a connection is opened, and kept by its channels.
        await ControlAsync(context, receipt.Target, cancellationToken, "close_all_connections", "permissions changed");
    }

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        [FaultRemedy.Of("restore_config", receipt.Target, ("key", $"permission/{receipt.Values.GetValueOrDefault("user", "USER")} at {Host}"))];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        string user = target.Environment.GetValueOrDefault("RABBITMQ_DEFAULT_USER", "guest");
        return await PermissionsAsync(context, target.Name, user, cancellationToken) is { Count: > 0 } permissions
            ? new Dictionary<string, string>(permissions) { ["user"] = user }
            : throw new PlatformException($"its user {user} has no permissions that could be cleared", retryable: false);
    }

    protected override Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        ControlAsync(context, receipt.Target, cancellationToken, "set_permissions", "-p", Host, receipt.Values["user"],
            receipt.Values["configure"], receipt.Values["write"], receipt.Values["read"]);

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        await FindBrokenAsync(context, receipt, seen, cancellationToken) is not null;

    protected override async Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        Dictionary<string, string> now = await PermissionsAsync(context, receipt.Target, receipt.Values["user"], cancellationToken);
        return Kinds.All(kind => now.GetValueOrDefault(kind) == receipt.Values[kind])
            ? null
            : $"user {receipt.Values["user"]} has not the permissions that it had";
    }

    /// <summary>Empty when it has none.</summary>
    private static async Task<Dictionary<string, string>> PermissionsAsync(FaultContext context, string service, string user, CancellationToken cancellationToken) =>
        (await ListAsync(context, service, cancellationToken, "list_permissions", "-p", Host))
            .Where(row => Text(row, "user") == user)
            .SelectMany(row => Kinds.Select(kind => (kind, Text(row, kind) ?? "")))
            .ToDictionary(p => p.kind, p => p.Item2);
}

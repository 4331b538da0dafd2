using System.Globalization;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Faults.Sites;

/// <summary>Faults of the PostgreSQL server that keeps the lab's orders; its services log in as <see cref="Role"/>.</summary>
public abstract class PostgresFault : ContainerFault
{
    protected const string Role = "app";
    protected const string Table = "orders";

    public override string Needs => $"A running PostgreSQL server with a table {Table} and a role {Role}.";

    public override string DefaultTarget => "db";

    protected static Task<string> QueryAsync(FaultContext context, string service, string statement, CancellationToken cancellationToken) =>
        new PostgresAdmin(context.Platform, context.Site.Find(service)!).QueryAsync(statement, cancellationToken);

    protected static async Task<int> NumberAsync(FaultContext context, string service, string statement, CancellationToken cancellationToken) =>
        int.TryParse((await QueryAsync(context, service, statement, cancellationToken)).Trim(), CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new PlatformException($"{service} answered no number", retryable: false);

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        string found = await QueryAsync(context, target.Name,
            $"SELECT to_regclass({PostgresAdmin.Literal(Table)}) IS NOT NULL AND EXISTS (SELECT FROM pg_roles WHERE rolname = {PostgresAdmin.Literal(Role)})", cancellationToken);
        return found.Trim() == "t"
            ? await PrepareAsync(context, target.Name, cancellationToken)
            : throw new PlatformException($"it has no table {Table}, or no role {Role}", retryable: false);
    }

    /// <summary>What a revert will need.</summary>
    protected virtual Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, string service, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());

    /// <summary>Ends the sessions of the services, so that they have to log in anew.</summary>
    protected static Task EndSessionsAsync(FaultContext context, string service, CancellationToken cancellationToken) =>
        QueryAsync(context, service, $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = {PostgresAdmin.Literal(Role)}", cancellationToken);
}

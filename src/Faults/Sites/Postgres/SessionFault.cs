using System.Globalization;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Faults.Sites;

/// <summary>
/// Faults made of real sessions: psql processes, which carry the fault's key as their application_name, and in their
/// environment. They see the files and the network of the server's container and not its processes: there they would be
/// children of the server, which takes the end of any child by a signal for a crash and restarts itself.
/// </summary>
public abstract class SessionFault : PostgresFault
{
    public override string Needs => $"{base.Needs} psql, sh and mkfifo in its container; root and nsenter.";

    public override string Reverting => "The sessions are ended, and the processes that hold them.";

    public override string Resource => FaultResources.Sessions;

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("end_sessions", receipt.Target)];

    /// <summary>Processes outlive the server's: they are ended even when it does not run.</summary>
    public override Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        FaultProcesses.Kill(receipt.EffectKey);
        return base.RevertAsync(context, receipt, cancellationToken);
    }

    /// <summary>Runs a fixed script that leaves processes behind; the values are its arguments.</summary>
    protected static async Task HoldAsync(FaultContext context, FaultReceipt receipt, string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        ServiceObservation seen = await context.RunningAsync(receipt.Target, cancellationToken);
        string[] surroundings = [$"{FaultProcesses.Variable}={receipt.EffectKey}", $"PGAPPNAME={receipt.EffectKey}", $"PATH={ContainerFiles.SearchPath(seen)}"];
        await HostTools.RunAsync("nsenter",
            ["-t", seen.Pid!.Value.ToString(CultureInfo.InvariantCulture), "-m", "-n", "env", .. surroundings, "sh", "-c", script, "sh", .. arguments], cancellationToken);
    }

    protected static string User(FaultContext context, FaultReceipt receipt) => context.Spec(receipt).Environment.GetValueOrDefault("POSTGRES_USER", "postgres");

    protected static string Database(FaultContext context, FaultReceipt receipt) =>
        context.Spec(receipt).Environment.GetValueOrDefault("POSTGRES_DB", User(context, receipt));

    protected static string Mine(FaultReceipt receipt) => $"application_name = {PostgresAdmin.Literal(receipt.EffectKey)}";

    protected override Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, string service, CancellationToken cancellationToken)
    {
        ContainerFiles.RequireRoot(Name);
        HostTools.Require("nsenter", "util-linux", Name);
        return base.PrepareAsync(context, service, cancellationToken);
    }

    protected override Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        QueryAsync(context, receipt.Target, $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {Mine(receipt)}", cancellationToken);
}

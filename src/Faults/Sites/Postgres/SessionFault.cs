using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Faults.Sites;

/// <summary>
/// Faults made of real sessions: psql processes in the server's own container, which carry the fault's key as their
/// application_name, and in their environment. They end with the container.
/// </summary>
public abstract class SessionFault : PostgresFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public override string Needs => $"{base.Needs} psql, sh and mkfifo in its container; root, to end them.";

    public override string Reverting => "The sessions are ended, and the processes that hold them.";

    public override string Resource => FaultResources.Sessions;

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("end_sessions", receipt.Target)];

    /// <summary>Runs a fixed script that leaves processes behind; the values are its arguments.</summary>
    protected static async Task HoldAsync(FaultContext context, FaultReceipt receipt, string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        string[] marks = [$"{FaultProcesses.Variable}={receipt.EffectKey}", $"PGAPPNAME={receipt.EffectKey}"];
        ExecOutcome outcome = await context.Platform.ExecAsync(receipt.Target, ["env", .. marks, "sh", "-c", script, "sh", .. arguments], Patience, cancellationToken);
        if (outcome.ExitCode != 0)
        {
            throw new PlatformException($"the sessions could not be opened in {receipt.Target}: {PlainText.Line(outcome.Output, 200)}", retryable: false);
        }
    }

    protected static string User(FaultContext context, FaultReceipt receipt) => context.Spec(receipt).Environment.GetValueOrDefault("POSTGRES_USER", "postgres");

    protected static string Database(FaultContext context, FaultReceipt receipt) =>
        context.Spec(receipt).Environment.GetValueOrDefault("POSTGRES_DB", User(context, receipt));

    protected static string Mine(FaultReceipt receipt) => $"application_name = {PostgresAdmin.Literal(receipt.EffectKey)}";

    protected override Task<IReadOnlyDictionary<string, string>> PrepareAsync(FaultContext context, string service, CancellationToken cancellationToken)
    {
        ContainerFiles.RequireRoot(Name);
        return base.PrepareAsync(context, service, cancellationToken);
    }

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        FaultProcesses.Kill(receipt.EffectKey);
        await QueryAsync(context, receipt.Target, $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {Mine(receipt)}", cancellationToken);
    }
}

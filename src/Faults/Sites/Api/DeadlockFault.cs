namespace Quorate.Faults.Sites;

/// <summary>Two tasks of the service wait for each other's lock, and every request for orders for both.</summary>
public sealed class DeadlockFault : HookFault
{
    public override string Name => "deadlock";

    public override string Summary => "Makes two tasks take two locks in opposite orders; requests that need one of them wait for ever.";

    public override string BlastRadius => "Orders can be neither placed nor read; the process runs, answers /metrics, and its data stays.";

    public override string Resource => FaultResources.Locks;

    protected override string Hook => "deadlock";

    protected override string Query => "n=2";

    protected override string Check => "orders";
}

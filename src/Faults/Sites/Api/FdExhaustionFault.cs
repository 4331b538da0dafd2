namespace Quorate.Faults.Sites;

/// <summary>The service leaks file descriptors until hardly any is left.</summary>
public sealed class FdExhaustionFault : HookFault
{
    public override string Name => "fd_exhaustion";

    public override string Summary => "Opens files inside the service until only eight descriptors are left.";

    public override string BlastRadius => "New connections to the service and from it fail one after another; requests on open ones still work.";

    public override string Resource => FaultResources.Files;

    protected override string Hook => "files";

    protected override string Query => "count=100000";

    protected override string Check => "files";
}

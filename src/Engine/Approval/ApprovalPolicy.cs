namespace Quorate.Engine.Approval;

/// <summary>What the reviewers hold an action against, as configured.</summary>
public sealed record ApprovalPolicy
{
    /// <summary>Services that no action may touch.</summary>
    public IReadOnlyCollection<string> ProtectedServices { get; init; } = [];

    /// <summary>Task types that are never approved.</summary>
    public IReadOnlyCollection<string> DeniedTypes { get; init; } = [];

    /// <summary>Names of the commands that <c>exec</c> may run.</summary>
    public IReadOnlyCollection<string> Commands { get; init; } = [];

    /// <summary>Healthy services that one plan may interrupt; null: half of the site's, rounded up.</summary>
    public int? MaxServicesDown { get; init; }

    /// <summary>How often one incident may do the same to the same service.</summary>
    public int MaxAttempts { get; init; } = 2;

    /// <summary>How often one incident may change one service.</summary>
    public int MaxChanges { get; init; } = 5;
}

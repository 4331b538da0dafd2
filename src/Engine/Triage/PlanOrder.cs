using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage;

/// <summary>Which of competing plans holds: the higher version, then the smaller plan_id (ordinal).</summary>
public sealed class PlanOrder : IComparer<Plan>
{
    public static readonly PlanOrder Instance = new();

    /// <summary>Positive when <paramref name="x"/> wins.</summary>
    public int Compare(Plan? x, Plan? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        return x.PlanVersion != y.PlanVersion
            ? x.PlanVersion.CompareTo(y.PlanVersion)
            : string.CompareOrdinal(y.PlanId, x.PlanId);
    }
}

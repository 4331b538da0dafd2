namespace Quorate.Engine.Approval.Reviewers;

/// <summary>What several reviewers have to know of a record.</summary>
internal static class Needs
{
    /// <summary>Shows that something is wrong with the target before anything was done.</summary>
    public static bool IsNeed(EvidenceItem item) => item.Source != EvidenceSources.Verification;

    public static bool HasNeed(ReviewRecord record) => record.Evidence.Any(IsNeed);

    public static bool HasFailedVerification(ReviewRecord record) => record.Evidence.Any(e => e.Source == EvidenceSources.Verification);

    /// <summary>The action interrupts its target when that runs.</summary>
    public static bool Interrupts(string type) => type is not ("start" or "unpause" or "scale" or "restore_config" or "end_sessions");
}

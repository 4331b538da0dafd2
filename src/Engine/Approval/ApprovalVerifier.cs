using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Engine.Approval;

/// <summary>
/// Checks that a certificate approves one action and no other: a quorum of this panel's keys signed the decision, the
/// decided question is about exactly this action, and the decision was to approve it. Thread-safe as its crypto is.
/// </summary>
public sealed class ApprovalVerifier(Membership membership, Digest directory, IConsensusCrypto crypto)
{
    /// <summary>Characters of a certificate in base64.</summary>
    private const int MaxLength = 1 << 20;

    private readonly ApprovalRules _rules = new(membership);

    /// <summary>Null when the action is approved, otherwise why it is not.</summary>
    /// <param name="certificate">Base64 of a certificate's canonical bytes; null when there is none.</param>
    /// <param name="action">What is about to be done.</param>
    public string? FindProblem(string? certificate, ApprovalAction action)
    {
        if (certificate is null)
        {
            return "there is no approval certificate";
        }

        if (Decode(certificate) is not { } decoded)
        {
            return "the certificate cannot be read";
        }

        if (decoded.Check(membership, directory, crypto) is { } problem)
        {
            return $"the certificate is not valid: {problem}";
        }

        if (decoded.Decided() is not { Request.Type: RequestKind.Question } item || ReviewRecord.TryParse(item.Request.Payload) is not { } record)
        {
            return "the certificate is not about a review";
        }

        if (record.Action != action)
        {
            return $"the certificate approves {record.Action.Type} of {record.Action.Target} (task {record.Action.TaskId} of plan {record.Action.PlanId}, version {record.Action.PlanVersion}, incident {record.Action.IncidentId}), not this action";
        }

        // The quorum has checked the tally; this guards against a rule that changed since.
        return item.Outcome.AsSpan().SequenceEqual(ApprovalRules.Approved) && _rules.Tally(item.Request, item.Opinions).AsSpan().SequenceEqual(item.Outcome)
            ? null
            : "the panel did not approve the action";
    }

    private static QuorumCertificate? Decode(string text)
    {
        if (text.Length > MaxLength)
        {
            return null;
        }

        var bytes = new byte[(text.Length / 4 * 3) + 3];
        // Only the one base64 form of the bytes counts, so that a certificate has one text.
        return Convert.TryFromBase64String(text, bytes, out var length)
            && Convert.ToBase64String(bytes, 0, length) == text
            && QuorumCertificate.TryDecode(bytes.AsSpan(0, length), out var decoded) ? decoded : null;
    }
}

using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Panels;
using Quorate.Protocol.Consensus;

namespace Quorate.Engine.Ask.Certificates;

/// <summary>
/// Has the members that took part agree on the outcome by consensus, each with its own key: a member accepts a record that
/// holds its own answer unchanged and whose parts agree.
/// </summary>
public sealed class OutcomeCertifier(IMemberKeys keys)
{
    public static string GroupOf(string jobId) => "outcome-" + jobId;

    /// <param name="outcome">To be signed.</param>
    /// <param name="answers">The answer of each member that took part, by name.</param>
    /// <param name="cancellationToken">Ends it without a certificate.</param>
    /// <returns>Null when nobody took part, or they do not accept the record.</returns>
    /// <exception cref="QuorateException">The members' keys cannot be used, or the record is too large.</exception>
    public async Task<OutcomeCertificate?> CertifyAsync(OutcomeRecord outcome, IReadOnlyDictionary<string, string> answers, CancellationToken cancellationToken)
    {
        var names = answers.Keys.Order(StringComparer.Ordinal).Take(Membership.MaxReplicas).ToList();
        var payload = outcome.ToBytes();
        if (names.Count == 0)
        {
            return null;
        }

        if (payload.Length > OutcomeRecord.MaxBytes)
        {
            throw QuorateException.Input("outcome_too_large", $"the outcome has {payload.Length} bytes; at most {OutcomeRecord.MaxBytes} can be certified");
        }

        using var group = MemberGroup.Open(keys, GroupOf(outcome.JobId), names, FindProblem);
        return await group.CertifyAsync(payload, (name, bytes) => HoldsAnswer(bytes.Span, name, answers[name]), cancellationToken);
    }

    /// <summary>Null for the bytes of a record whose parts agree.</summary>
    public static string? FindProblem(ReadOnlyMemory<byte> bytes) =>
        OutcomeRecord.TryParse(bytes.Span) is { } record ? record.FindProblem() : "it is no outcome record";

    private static bool HoldsAnswer(ReadOnlySpan<byte> bytes, string name, string answer) =>
        OutcomeRecord.TryParse(bytes) is { } record && record.FindProblem() is null && record.Members.FirstOrDefault(m => m.Model == name)?.AnswerHash == TextHash.Of(answer);
}

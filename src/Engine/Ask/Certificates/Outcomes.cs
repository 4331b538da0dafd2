using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask.Certificates;

/// <summary>Writes what is to be signed of a result.</summary>
internal static class Outcomes
{
    public static OutcomeRecord Of(Agenda agenda, AskResult result) => new()
    {
        Kind = OutcomeRecord.Form,
        JobId = result.JobId,
        QueryHash = OutcomeCertifier.HashOf(agenda.Request.Query),
        QuestionType = agenda.Request.QuestionType,
        Domain = agenda.Domain.Name,
        Options = agenda.Options,
        Weighted = agenda.Request.WeightByConfidence,
        Quorum = agenda.Quorum,
        Members = [.. result.Responses.Select(Of)],
        TextHash = OutcomeCertifier.HashOf(result.Consensus.Text),
        Method = result.Consensus.Method,
        Aggregator = result.Consensus.Aggregator,
        Answer = result.Consensus.Answer,
        Score = result.Consensus.Score,
        Degraded = result.Consensus.Degraded,
        Dissent = [.. result.Dissent.Select(d => d.Model)],
        Tokens = result.Responses.Concat(result.Summaries).Sum(r => r.Tokens),
        Cost = result.Responses.Concat(result.Summaries).Sum(r => r.Cost),
    };

    private static OutcomeMember Of(MemberResponse response) => new(
        response.Model, response.Role, response.Status, response.Error?.Code,
        response.Text.Length == 0 ? null : OutcomeCertifier.HashOf(response.Text), response.Vote, response.Confidence, response.Tokens, response.Cost);
}

using Quorate.Contracts;
using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask.Certificates;

/// <summary>Writes what is to be signed of a result.</summary>
internal static class Outcomes
{
    public static OutcomeRecord Of(Agenda agenda, AskResult result) => new()
    {
        Kind = OutcomeRecord.Form,
        JobId = result.JobId,
        QueryHash = TextHash.Of(agenda.Request.Query),
        QuestionType = agenda.Request.QuestionType,
        Domain = agenda.Domain.Name,
        Options = agenda.Options,
        Weighted = agenda.Request.WeightByConfidence,
        Quorum = agenda.Quorum,
        Members = [.. result.Responses.Select(Of)],
        TextHash = TextHash.Of(result.Consensus.Text),
        Method = result.Consensus.Method,
        Aggregator = result.Consensus.Aggregator,
        Answer = result.Consensus.Answer,
        Score = result.Consensus.Score,
        Degraded = result.Consensus.Degraded,
        Dissent = [.. result.Dissent.Select(d => d.Model)],
        Tokens = result.TotalTokens,
        Cost = result.TotalCost,
    };

    private static OutcomeMember Of(MemberResponse response) => new(
        response.Model, response.Role, response.Status, response.Error?.Code,
        response.Text.Length == 0 ? null : TextHash.Of(response.Text), response.Vote, response.Confidence, response.Tokens, response.Cost);
}

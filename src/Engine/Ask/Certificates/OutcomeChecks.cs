using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Decision;

namespace Quorate.Engine.Ask.Certificates;

/// <summary>
/// What follows from a record's other parts is computed again: the vote's answer, score and minority, whether it is degraded, who may have
/// written it, and that its sums hold its members'. Texts are known by their hashes alone, so what stands in them cannot be.
/// </summary>
internal static class OutcomeChecks
{
    /// <summary>Costs are written as doubles.</summary>
    private const decimal CostTolerance = 0.000_001m;

    private static readonly string[] Statuses = [ResponseStatus.Ok, ResponseStatus.Failed, ResponseStatus.Excluded, ResponseStatus.Cancelled];

    /// <summary>Null when all is right; never throws.</summary>
    public static string? FindProblem(OutcomeRecord record) =>
        record.Kind != OutcomeRecord.Form || record.Members.Count == 0 || record.Members.Any(m => m is null) ? $"it is no {OutcomeRecord.Form}"
        : !OptionsFit(record) ? "the options are none of its type of question"
        : record.Members.FirstOrDefault(m => !Fits(m, record)) is { } odd ? $"the part of {odd.Model} cannot be"
        : record.Members.DistinctBy(m => m.Model).Count() != record.Members.Count ? "a member is there twice"
        : OfDecision(record);

    private static bool OptionsFit(OutcomeRecord record) => record.QuestionType switch
    {
        QuestionType.YesNo => record.Options.SequenceEqual(["yes", "no"]),
        QuestionType.MultipleChoice => record.Options.Count is >= 2 and <= AskRequest.MaxChoices && record.Options.SequenceEqual(Enumerable.Range(0, record.Options.Count).Select(Agenda.Letter)),
        _ => record.Options.Count == 0,
    };

    private static bool Fits(OutcomeMember member, OutcomeRecord record) =>
        member is { Model.Length: > 0, Tokens: >= 0, Cost: >= 0, Confidence: null or (>= 0 and <= 1) }
        && Statuses.Contains(member.Status)
        && (member.Status == ResponseStatus.Ok) == (member.Error is null)
        && (member.Status != ResponseStatus.Ok || member.AnswerHash is not null)
        && (member.Vote is null || record.Options.Contains(member.Vote));

    private static string? OfDecision(OutcomeRecord record)
    {
        var usable = record.Members.Where(m => m.Status == ResponseStatus.Ok).ToList();
        var isVote = record.Options.Count > 0;
        var tally = VoteTally.Count(record.Options, usable.Select(m => new VoteRead(m.Vote, m.Confidence, "record")), record.Weighted);
        var winner = VoteTally.Winner(tally);
        string[] methods = usable.Count == 0 ? [ConsensusMethod.None] : isVote ? [ConsensusMethod.Vote] : [ConsensusMethod.Summary, ConsensusMethod.Centroid];
        var degraded = Degradation.Of(isVote, record.Quorum, record.Members.Select(m => (m.Status, m.Error, m.Vote)));
        // Of a summary it also depends on whether its aggregator is the one that was chosen.
        var degradedByMore = record.Method is ConsensusMethod.Summary or ConsensusMethod.Centroid;
        var minority = isVote ? usable.Where(m => winner is null || m.Vote != winner).Select(m => m.Model) : record.Dissent.Where(d => record.Members.Any(m => m.Model == d)).Distinct();
        (bool Wrong, string Problem)[] checks =
        [
            (record.Answer != winner, "the answer is not what the votes give"),
            (!methods.Contains(record.Method), "nothing can have been decided in this way"),
            ((record.Aggregator is null) == (record.Method == ConsensusMethod.Summary), "a summary has an aggregator and nothing else has one"),
            (isVote ? record.Score != Math.Round(100 * VoteTally.Share(tally, winner), 1) : record.Score is not (>= 0 and <= 100), "the score is not what the members give"),
            (record.Degraded != degraded && !(record.Degraded && degradedByMore), "its members say otherwise of whether it is degraded"),
            (!record.Dissent.Order(StringComparer.Ordinal).SequenceEqual(minority.Order(StringComparer.Ordinal)), "the minority is not its members'"),
            (record.Tokens < record.Members.Sum(m => (long)m.Tokens) || record.Cost + CostTolerance < record.Members.Sum(m => m.Cost), "its members took more than the whole"),
        ];
        return Array.Find(checks, c => c.Wrong).Problem;
    }
}

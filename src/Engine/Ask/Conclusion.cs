using System.Globalization;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Analysis;
using Quorate.Engine.Ask.Decision;

namespace Quorate.Engine.Ask;

/// <summary>The panel's answer, its minority, and what aggregators did on the way to it.</summary>
internal sealed record Conclusion(ConsensusAnswer Answer, IReadOnlyList<Dissent> Dissent, IReadOnlyList<MemberResponse> Tried)
{
    public static IReadOnlyDictionary<string, double> TallyOf(Agenda agenda, IEnumerable<MemberResponse> responses) => VoteTally.Count(
        agenda.Options, responses.Where(r => r.Status == ResponseStatus.Ok).Select(r => new VoteRead(r.Vote, r.Confidence, "response")), agenda.Request.WeightByConfidence);

    public static Conclusion OfVote(Agenda agenda, IReadOnlyList<MemberResponse> responses)
    {
        var usable = responses.Where(r => r.Status == ResponseStatus.Ok).ToList();
        if (usable.Count == 0)
        {
            return OfNothing(agenda, responses);
        }

        var tally = TallyOf(agenda, responses);
        var winner = VoteTally.Winner(tally);
        var dissent = usable.Where(r => r.Vote != winner || winner is null).Select(r => new Dissent(r.Model, r.Text, r.Vote is null ? "gave no vote" : $"voted {r.Vote}"));
        return new Conclusion(
            new ConsensusAnswer
            {
                Text = VoteText(agenda, usable, tally, winner),
                Score = Math.Round(100 * VoteTally.Share(tally, winner), 1),
                Degraded = IsDegraded(agenda, responses),
                Method = ConsensusMethod.Vote,
                Answer = winner,
                Tally = tally,
            },
            [.. dissent.Concat(LeftOut(responses))],
            []);
    }

    /// <param name="agenda">The question.</param>
    /// <param name="responses">All parts; some are usable.</param>
    /// <param name="summary">A valid summary; null when nobody wrote one.</param>
    /// <param name="tried">What aggregators did.</param>
    /// <param name="similarity">Of the panel's answers.</param>
    public static Conclusion OfSummary(Agenda agenda, IReadOnlyList<MemberResponse> responses, MemberResponse? summary, IReadOnlyList<MemberResponse> tried, SimilarityMatrix similarity)
    {
        var usable = responses.Where(r => r.Status == ResponseStatus.Ok).ToList();
        var text = summary?.Text ?? usable.First(r => r.Model == Centroid(similarity, usable)).Text;
        var claims = ClaimSupport.Of(text, [.. usable.Select(r => (r.Model, r.Text))]);
        // The chosen one, or the panel's own, is always the first candidate.
        var asChosen = agenda.Aggregators.Count == 0 || summary?.Model == agenda.Aggregators[0].Name;
        return new Conclusion(
            new ConsensusAnswer
            {
                Text = text,
                Score = Math.Round(Similarity.Score(similarity.Values), 1),
                Degraded = !asChosen || IsDegraded(agenda, responses),
                Aggregator = summary?.Model,
                Method = summary is null ? ConsensusMethod.Centroid : ConsensusMethod.Summary,
                Claims = claims,
            },
            [.. usable.Select(r => Differs(r, text, claims)).OfType<Dissent>().Concat(LeftOut(responses))],
            tried);
    }

    /// <summary>Nobody gave an answer that can be counted.</summary>
    public static Conclusion OfNothing(Agenda agenda, IReadOnlyList<MemberResponse> responses)
    {
        var notFound = responses.FirstOrDefault(r => r.Error?.Code == MemberError.NotFound);
        var reasons = responses.Select(r => $"{r.Model}: {r.Error?.Code}");
        return new Conclusion(
            new ConsensusAnswer
            {
                Text = notFound is null ? $"No member gave a usable answer ({string.Join(", ", reasons)})." : Quoted(notFound.Text),
                Score = 0,
                Degraded = IsDegraded(agenda, responses),
                Method = ConsensusMethod.None,
            },
            [.. LeftOut(responses)],
            []);
    }

    private static string Quoted(string text) => text[Math.Max(0, text.IndexOf("not found in", StringComparison.OrdinalIgnoreCase))..].Split('\n')[0];

    /// <summary>Among those that count: outliers are part of the matrix too.</summary>
    private static string Centroid(SimilarityMatrix similarity, List<MemberResponse> usable)
    {
        var kept = Enumerable.Range(0, similarity.Models.Count).Where(i => usable.Exists(r => r.Model == similarity.Models[i])).ToList();
        return similarity.Models[kept[Similarity.Centroid([.. kept.Select(i => kept.ConvertAll(j => similarity.Values[i][j]))])]];
    }

    private static Dissent? Differs(MemberResponse response, string text, IReadOnlyList<SupportedClaim> claims) =>
        Contradiction.Find(response.Text, text) is { } opposite ? new Dissent(response.Model, response.Text, $"contradicts it: {opposite}")
        : claims.Any(c => c.Members.Count > 0) && claims.All(c => !c.Members.Contains(response.Model)) ? new Dissent(response.Model, response.Text, "supports none of its statements")
        : null;

    private static IEnumerable<Dissent> LeftOut(IReadOnlyList<MemberResponse> responses) =>
        responses.Where(r => r is { Status: ResponseStatus.Excluded, Error.Code: MemberError.Outlier }).Select(r => new Dissent(r.Model, r.Text, r.Error!.Message));

    private static bool IsDegraded(Agenda agenda, IReadOnlyList<MemberResponse> responses) =>
        Degradation.Of(agenda.IsVote, agenda.Quorum, responses.Select(r => (r.Status, r.Error?.Code, r.Vote)));

    private static string VoteText(Agenda agenda, List<MemberResponse> usable, IReadOnlyDictionary<string, double> tally, string? winner)
    {
        var all = tally.Values.Sum();
        string Amount(double votes) => agenda.Request.WeightByConfidence ? votes.ToString("0.##", CultureInfo.InvariantCulture) : votes.ToString("0", CultureInfo.InvariantCulture);
        if (winner is null)
        {
            return all == 0 ? "No decision: no member gave a vote."
                : $"No decision, a tie: {string.Join(", ", tally.Where(t => t.Value > 0).Select(t => $"{Amount(t.Value)} for {Named(agenda, t.Key)}"))}.";
        }

        // Of those who won: who is surest, and among equals the first of the panel.
        var reasons = usable.Where(r => r.Vote == winner).MaxBy(r => r.Confidence ?? 0)!;
        var unit = agenda.Request.WeightByConfidence ? "weighted votes" : "votes";
        var head = $"{char.ToUpperInvariant(Named(agenda, winner)[0])}{Named(agenda, winner)[1..]}: {Amount(tally[winner])} of {Amount(all)} {unit}.";
        return VoteReasons.Of(reasons.Text) is { Length: > 0 } why ? $"{head}\n\n{why}" : head;
    }

    private static string Named(Agenda agenda, string option) =>
        agenda.Request.QuestionType == QuestionType.MultipleChoice ? $"{option}) {agenda.Choices[option[0] - 'A']}" : option;
}

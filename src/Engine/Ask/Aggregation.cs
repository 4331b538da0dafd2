using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Analysis;
using Quorate.Engine.Ask.Decision;
using Quorate.Engine.Ask.Prompts;

namespace Quorate.Engine.Ask;

/// <summary>
/// Has the panel's answers summarised by the aggregator, by the next one where its output is not valid, and in the end
/// by none: then the answer nearest to all others stands. No member's answer is asked for again.
/// </summary>
internal sealed class Aggregation(FanOut fanOut)
{
    private const int MaxCandidates = 4;
    private const int MaxCharacters = 12_000;

    /// <param name="agenda">Names the candidates in their order.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="answers">Usable ones, best first.</param>
    /// <param name="down">Members that failed in this very question.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>A valid summary and who wrote it, or null; what the candidates did, in their order.</returns>
    public async Task<(MemberResponse? Summary, IReadOnlyList<MemberResponse> Tried)> SummariseAsync(
        Agenda agenda, Stage stage, IReadOnlyList<MemberResponse> answers, IReadOnlySet<string> down, CancellationToken cancellationToken)
    {
        var tried = new List<MemberResponse>();
        var prompt = SummaryPrompt.Write(agenda, [.. Anonymous.Shuffle(answers, agenda.Request.Seed).Select(a => (a.Label, a.Response.Text))]);
        foreach (var candidate in agenda.Aggregators.Where(a => !down.Contains(a.Name)).Take(MaxCandidates))
        {
            var parts = await fanOut.RunAsync(stage, [new Call(new Seat(candidate, null), prompt)], r => Screened(r, agenda, answers), (_, _) => false, cancellationToken);
            tried.Add(parts[0]);
            if (parts[0].Status == ResponseStatus.Ok)
            {
                return (parts[0], tried);
            }
        }

        return (null, tried);
    }

    private static MemberResponse Screened(MemberResponse summary, Agenda agenda, IReadOnlyList<MemberResponse> answers) =>
        summary.Status == ResponseStatus.Ok && Problem(summary.Text, agenda.Request.Query, answers) is { } problem ? summary with { Status = ResponseStatus.Excluded, Error = problem } : summary;

    /// <summary>Null for a summary that may stand for the panel.</summary>
    private static MemberError? Problem(string text, string question, IReadOnlyList<MemberResponse> answers)
    {
        if (text.Length is 0 or > MaxCharacters)
        {
            return new MemberError("malformed", $"a summary of {text.Length} characters; 1 to {MaxCharacters} are allowed");
        }

        if (AnswerScreen.Check(text, question) is { } sign)
        {
            return sign;
        }

        var opposed = answers.Select(a => Contradiction.Find(text, a.Text)).OfType<string>().ToList();
        if (opposed.Count * 2 > answers.Count)
        {
            return new MemberError("contradicts", $"most answers say the opposite of: {opposed[0]}");
        }

        return ClaimSupport.Of(text, [.. answers.Select(a => (a.Model, a.Text))]).All(c => c.Members.Count == 0)
            ? new MemberError("unsupported", "no sentence of the summary is in any of the answers")
            : null;
    }
}

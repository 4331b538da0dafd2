using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Prompts;

namespace Quorate.Engine.Ask;

/// <summary>Members rank anonymised answers; ranks become scores by Borda's count, what a member thinks of its own answer left out.</summary>
internal sealed class PeerReview(FanOut fanOut)
{
    /// <summary>0 (always last) to 1 (always first) by member; empty when nobody gave a usable ranking.</summary>
    public async Task<IReadOnlyDictionary<string, double>> RunAsync(Agenda agenda, Stage stage, IReadOnlyList<MemberResponse> answers, CancellationToken cancellationToken)
    {
        var reviewers = agenda.Seats.Where(s => !s.Member.Embedded && answers.Any(a => a.Model == s.Name)).ToList();
        if (answers.Count < 2 || reviewers.Count == 0)
        {
            return new Dictionary<string, double>();
        }

        var shown = Anonymous.Shuffle(answers, agenda.Request.Seed);
        var prompt = ReviewPrompt.Write(agenda, [.. shown.Select(s => (s.Label, s.Response.Text))]);
        var rankings = await fanOut.RunAsync(stage, [.. reviewers.Select(r => new Call(r, prompt))], r => r, (_, _) => false, cancellationToken);
        return Count(shown.ToDictionary(s => s.Label, s => s.Response.Model), rankings);
    }

    private static Dictionary<string, double> Count(Dictionary<string, string> names, IReadOnlyList<MemberResponse> rankings)
    {
        var points = names.Values.ToDictionary(n => n, _ => new List<double>());
        foreach (var ranking in rankings)
        {
            if (ranking.Status != ResponseStatus.Ok || ReviewPrompt.Read(ranking.Text, [.. names.Keys]) is not { } labels)
            {
                continue;
            }

            var others = labels.Select(l => names[l]).Where(n => n != ranking.Model).ToList();
            for (var i = 0; i < others.Count; i++)
            {
                points[others[i]].Add(others.Count == 1 ? 1 : 1 - ((double)i / (others.Count - 1)));
            }
        }

        return points.Where(p => p.Value.Count > 0).ToDictionary(p => p.Key, p => Math.Round(p.Value.Average(), 6));
    }
}

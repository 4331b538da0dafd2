using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Analysis;
using Quorate.Engine.Ask.Certificates;
using Quorate.Engine.Ask.Decision;
using Quorate.Engine.Ask.Prompts;
using Quorate.Models;
using Quorate.Models.Panel;
using Quorate.Models.Pipeline;

namespace Quorate.Engine.Ask;

/// <summary>Fan-out, screening, decision, analysis and certificate of one question.</summary>
public sealed class AskEngine(AskServices services) : IAskEngine
{
    /// <summary>The journal's key of a question's whole result.</summary>
    private const string Result = "result";

    public async Task<AskResult> AskAsync(string jobId, AskRequest request, IAskObserver observer, CancellationToken cancellationToken)
    {
        using var span = Tracing.Source.StartActivity("invoke_agent quorate")?.SetTag("gen_ai.operation.name", "invoke_agent").SetTag("gen_ai.agent.name", "quorate").SetTag("gen_ai.conversation.id", jobId);
        var (createdAt, started) = (services.Time.GetUtcNow(), services.Time.GetTimestamp());
        var known = await services.Journal.ReadAsync(jobId, cancellationToken);
        if (Kept(known) is { } earlier)
        {
            return earlier;
        }

        var panel = services.Panel();
        var agenda = AskRules.Plan(request, panel, services.Options);
        var fanOut = FanOutOver(panel, known);
        var responses = await AnswersAsync(agenda, fanOut, known, jobId, observer, cancellationToken);
        observer.On(new AskProgress("analysing", 0, responses.Count));
        var analysis = await AnalyseAsync(responses, cancellationToken);
        responses = agenda.IsVote ? responses : Outliers(responses, analysis);
        var usable = responses.Where(r => r.Status == ResponseStatus.Ok).ToList();
        var review = request.PeerReview ? await new PeerReview(fanOut).RunAsync(agenda, new Stage(jobId, "review", observer, "reviewing"), usable, cancellationToken) : null;
        var outcome = agenda.IsVote
            ? Conclusion.OfVote(agenda, responses)
            : await SummaryAsync(agenda, new Stage(jobId, "summary", observer, "aggregating"), fanOut, responses, analysis.Similarity, review, cancellationToken);
        observer.On(new AskProgress("certifying", 0, usable.Count));
        var result = new AskResult
        {
            JobId = jobId,
            Request = agenda.Request,
            Consensus = outcome.Answer,
            Responses = responses,
            Dissent = outcome.Dissent,
            Review = review,
            Analysis = analysis,
            Summaries = outcome.Tried,
            CreatedAt = createdAt,
            LatencyMs = services.Time.GetElapsedTime(started).TotalMilliseconds,
        };
        var certified = result with { Certificate = services.Keys is null ? null : await new OutcomeCertifier(services.Keys).CertifyAsync(Outcomes.Of(agenda, result), usable.ToDictionary(r => r.Model, r => r.Text), cancellationToken) };
        observer.On(new AskProgress("done", usable.Count, responses.Count));
        return await KeepAsync(certified with { LatencyMs = services.Time.GetElapsedTime(started).TotalMilliseconds });
    }

    private static AskResult? Kept(IReadOnlyDictionary<string, string> known) => known.TryGetValue(Result, out var kept) ? QuorateJson.Deserialize<AskResult>(kept) : null;

    /// <summary>A question has one outcome and one certificate: of two processes that worked on it, the first that ended.</summary>
    private async Task<AskResult> KeepAsync(AskResult result)
    {
        await services.Journal.AppendAsync(result.JobId, Result, QuorateJson.Serialize(result), CancellationToken.None);
        return Kept(await services.Journal.ReadAsync(result.JobId, CancellationToken.None)) ?? result;
    }

    private FanOut FanOutOver(IModelPanel panel, IReadOnlyDictionary<string, string> known) =>
        new(new MemberCalls(panel, known, services.Journal, Budget(known), services.Time), services.Options, services.Time);

    /// <summary>What earlier work on the question has left of its budget.</summary>
    private CallBudget? Budget(IReadOnlyDictionary<string, string> known) => services.Options.BudgetUsd is { } limit
        ? new CallBudget(Math.Max(0, limit - known.Values.Sum(v => QuorateJson.Deserialize<MemberResponse>(v)?.Cost ?? 0))) : null;

    private async Task<IReadOnlyList<MemberResponse>> AnswersAsync(
        Agenda agenda, FanOut fanOut, IReadOnlyDictionary<string, string> known, string jobId, IAskObserver observer, CancellationToken cancellationToken)
    {
        var calls = agenda.Seats.Select(s => new Call(s, AnswerPrompt.Write(agenda, s))).ToList();
        var responses = await fanOut.RunAsync(new Stage(jobId, "answer", observer, "asking"), calls, r => Read(r, agenda), (parts, open) => IsDecided(agenda, parts, open), cancellationToken);
        if (agenda.Request.SecondRound)
        {
            responses = await AgainAsync(agenda, fanOut, responses, new Stage(jobId, "second", observer, "asking again"), cancellationToken);
        }

        if (services.Embedded is not { } embedded || responses.Any(r => r.Status is ResponseStatus.Ok or ResponseStatus.Excluded))
        {
            return responses;
        }

        // Nobody answered at all: what the documents say is better than nothing, and says that it is no model's.
        var seats = embedded.Members.Where(m => agenda.Seats.All(s => s.Name != m.Name)).Select(m => new Seat(m, null)).ToList();
        var last = await FanOutOver(embedded, known).RunAsync(
            new Stage(jobId, "embedded", observer, "asking"), [.. seats.Select(s => new Call(s, AnswerPrompt.Write(agenda, s)))], r => Read(r, agenda), (_, _) => false, cancellationToken);
        return [.. responses, .. last];
    }

    /// <summary>The answers of the second round; who gives no usable one keeps that of the first.</summary>
    private static async Task<IReadOnlyList<MemberResponse>> AgainAsync(Agenda agenda, FanOut fanOut, IReadOnlyList<MemberResponse> first, Stage stage, CancellationToken cancellationToken)
    {
        var answered = first.Where(r => r.Status == ResponseStatus.Ok).ToList();
        var asked = agenda.Seats.Where(s => !s.Member.Embedded && answered.Any(r => r.Model == s.Name)).ToList();
        if (answered.Count < 2 || asked.Count == 0)
        {
            return first;
        }

        var calls = asked.Select(s => new Call(s, AnswerPrompt.WriteAgain(
            agenda, s, answered.First(r => r.Model == s.Name).Text, Anonymous.Shuffle([.. answered.Where(r => r.Model != s.Name)], agenda.Request.Seed).Select(a => a.Response.Text)))).ToList();
        var second = await fanOut.RunAsync(stage, calls, r => Read(r, agenda), (_, _) => false, cancellationToken);
        return [.. first.Select(r => second.FirstOrDefault(s => s.Model == r.Model && s.Status == ResponseStatus.Ok) is { } again
            ? again with { Tokens = r.Tokens + again.Tokens, Cost = r.Cost + again.Cost, LatencyMs = r.LatencyMs + again.LatencyMs } : r)];
    }

    private static MemberResponse Read(MemberResponse response, Agenda agenda)
    {
        if (response.Status != ResponseStatus.Ok)
        {
            return response;
        }

        var vote = agenda.IsVote ? VoteReader.Read(response.Text, agenda.Options, agenda.Choices) : null;
        var screened = response with { Vote = vote?.Option, Confidence = vote?.Confidence };
        return AnswerScreen.Check(response.Text, agenda.Request.Query) is { } problem ? screened with { Status = ResponseStatus.Excluded, Error = problem } : screened;
    }

    /// <summary>Also a decided vote needs a quorum: where many fail, one or two are not to decide alone.</summary>
    private static bool IsDecided(Agenda agenda, IEnumerable<MemberResponse> parts, int open) =>
        agenda is { IsVote: true, Request.SecondRound: false } && open > 0 && parts.Count(p => p.Status == ResponseStatus.Ok) >= agenda.Quorum && VoteTally.IsDecided(Conclusion.TallyOf(agenda, parts), open);

    private async Task<ResponseAnalysis> AnalyseAsync(IReadOnlyList<MemberResponse> responses, CancellationToken cancellationToken)
    {
        var answers = responses.Where(r => r.Status == ResponseStatus.Ok).Select(r => (r.Model, r.Text)).ToList();
        if (services.Embeddings is not { } generator || answers.Count < 2)
        {
            return ResponseAnalyzer.Analyze(answers);
        }

        try
        {
            var vectors = await generator.GenerateAsync(answers.Select(a => a.Text), cancellationToken: cancellationToken);
            var model = (generator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata)?.DefaultModelId;
            return ResponseAnalyzer.Analyze(answers, [.. vectors.Select(v => v.Vector.ToArray())], model ?? "embeddings");
        }
        catch (ModelException)
        {
            // The result names the vectoriser that was used, so that nobody takes one for the other.
            return ResponseAnalyzer.Analyze(answers);
        }
    }

    private static IReadOnlyList<MemberResponse> Outliers(IReadOnlyList<MemberResponse> responses, ResponseAnalysis analysis)
    {
        var far = Similarity.Outliers(analysis.Similarity.Values).Select(i => analysis.Similarity.Models[i]).ToHashSet(StringComparer.Ordinal);
        return [.. responses.Select(r => far.Contains(r.Model) ? r with { Status = ResponseStatus.Excluded, Error = new MemberError(MemberError.Outlier, "the answer has little in common with all others") } : r)];
    }

    private async Task<Conclusion> SummaryAsync(
        Agenda agenda, Stage stage, FanOut fanOut, IReadOnlyList<MemberResponse> responses, SimilarityMatrix similarity, IReadOnlyDictionary<string, double>? review, CancellationToken cancellationToken)
    {
        var usable = responses.Where(r => r.Status == ResponseStatus.Ok).ToList();
        if (usable.Count == 0)
        {
            return Conclusion.OfNothing(agenda, responses);
        }

        var best = review is null ? usable : [.. usable.OrderByDescending(r => review.GetValueOrDefault(r.Model))];
        var down = agenda.Aggregators.Select(a => a.Name).Where(services.IsDown)
            .Concat(responses.Where(r => r.Status != ResponseStatus.Ok && r.Error?.Code != MemberError.NotNeeded).Select(r => r.Model)).ToHashSet(StringComparer.Ordinal);
        var (summary, tried) = await new Aggregation(fanOut).SummariseAsync(agenda, stage, best, down, cancellationToken);
        return Conclusion.OfSummary(agenda, responses, summary, tried, similarity);
    }
}

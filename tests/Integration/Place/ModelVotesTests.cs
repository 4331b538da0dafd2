using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Recording;
using Quorate.Protocol.Consensus;
using Quorate.Tests.Integration.Models;

namespace Quorate.Tests.Integration.Place;

public class ModelVotesTests
{
    private const string Good = """{"vote":"accept","confidence":0.9,"reasoning":"it fits"}""";

    /// <summary>What each agent's model does, in the jobs' order, and what the record must say about it.</summary>
    private static readonly Answer[][] Script =
    [
        [
            Says(Good, "strict_json"),
            Says("```json\n" + Good + "\n```", "fenced"),
            Says("I looked at it. " + Good + " That is all.", "embedded"),
            Says("**Vote**: accept\n**Confidence**: 90%\n**Reasoning**: it fits", "key_value"),
        ],
        [
            Says("""{"vote":"accept","confidence":0.9,"reasoning":"it fits",}""", "embedded"),
            Says("""{"vote":"accept","confidence":0.9,"reasoning":"it fits""", "key_value"),
            Says("{'vote': 'accept', 'confidence': 0.9, 'reasoning': 'it fits'}", "key_value"),
            Says(Good + "\n" + Good.Replace("accept", "reject", StringComparison.Ordinal), fallback: "malformed"),
        ],
        [
            Says("""{"vote":"maybe","confidence":0.9,"reasoning":"it fits"}""", fallback: "malformed"),
            Says("Vote: I would not accept", fallback: "malformed"),
            Says("""{"vote":"acc""", fallback: "malformed"),
            Says(string.Concat(Enumerable.Repeat("accept { reject } ", 1200)), fallback: "malformed"),
        ],
        [
            Does(s => s.Status(200, "<html>busy</html>", ("Content-Type", "text/html")), "malformed", response: "<html>busy</html>"),
            Says("", fallback: "empty"),
            Does(s => s.Status(403, "{\"error\":{\"message\":\"no\"}}"), "refused", response: "{\"error\":{\"message\":\"no\"}}"),
            Does(s => s.Status(429, "slower").Status(429, "slower"), "rate_limited", calls: 2, response: "slower"),
        ],
        [
            Does(s => s.Status(429, "slower").Says(Good), null, calls: 2, response: Good),
            Says("{\"vote\":\"reject\",\"confidence\":0.7,\"reasoning\":\"\\u001b[31mno\\u0007 room\"}", "strict_json", AgentVote.Reject),
            Says("<think>reject?</think>" + Good, "strict_json"),
            Does(s => s.Stalls(), "timeout", response: ""),
        ],
    ];

    [Fact]
    public async Task Votes_OfModelsGoodAndBad_AreInTheRecordAsTheyCameAbout()
    {
        var token = TestContext.Current.CancellationToken;
        await using var models = await AgentModels.StartAsync(token);
        for (var agent = 0; agent < Script.Length; agent++)
        {
            Array.ForEach(Script[agent], a => a.Play(models.Servers[agent]));
        }

        JobSpec[] jobs = [.. Enumerable.Range(0, 4).Select(i => new JobSpec { Name = $"job{i}", CpuCores = 2 + i, MemoryGb = 3 })];
        var result = await models.PlaceAsync(jobs, deadline: 5, graceMs: 30_000, token);

        for (var job = 0; job < jobs.Length; job++)
        {
            var placed = result.Jobs[job];
            Assert.True(placed.Outcome == PlacementOutcome.Placed, $"{placed.Name}: {placed.Reason}");
            Assert.Equal(AgentModels.Cluster.Agents.Select(a => a.Name), placed.Votes.Select(v => v.Agent));
            for (var agent = 0; agent < Script.Length; agent++)
            {
                AssertVote(Script[agent][job], placed.Votes[agent], $"{placed.Name}, a{agent}");
            }
        }

        Assert.Equal((20, Script.Sum(a => a.Count(x => x.Fallback is null))), (result.Report.LlmCalls, result.Report.LlmOk));
        Assert.Equal(Script.Select(a => a.Sum(x => x.Calls)), models.Servers.Select(s => s.Calls.Count));
        Assert.Empty(result.Findings);
        AssertPrompts(models, result, jobs);
        Assert.All(result.Jobs, job => AssertCertificate(result, job));
    }

    [Fact]
    public async Task Vote_OfAModelThatOutlastsTheRound_IsTheRulesAndLate()
    {
        var token = TestContext.Current.CancellationToken;
        await using var models = await AgentModels.StartAsync(token);
        JobSpec[] jobs = [.. Enumerable.Range(0, 4).Select(i => new JobSpec { Name = $"job{i}", CpuCores = 2 })];
        foreach (var _ in jobs)
        {
            models.Servers[2].Stalls();
            Array.ForEach([0, 1, 3, 4], i => models.Servers[i].Says(Good));
        }

        var result = await models.PlaceAsync(jobs, deadline: 60, graceMs: 100, token);

        foreach (var job in result.Jobs)
        {
            Assert.Equal(5, job.Votes.Count);
            var late = job.Votes[2];
            Assert.Equal((VoteSource.Rules, "late", AgentVote.Accept, ""), (late.Source, late.Fallback, late.Vote, late.Transcript!.Response));
            Assert.All(job.Votes.Where(v => v != late), v => Assert.Equal((VoteSource.Llm, "strict_json"), (v.Source, v.Parsing)));
            Assert.DoesNotContain(2, AssertCertificate(result, job));
        }

        // An agent with a slow model is no agent that is gone.
        Assert.Equal((jobs.Length, 0, 1.0), (result.Report.Rounds, result.Report.Replaced, result.Report.SuccessRate));
        Assert.Empty(result.Findings);
    }

    private static Answer Says(string text, string? parsing = null, string vote = AgentVote.Accept, string? fallback = null) =>
        new(s => s.Says(text), parsing, fallback, 1) { Response = text, Vote = vote };

    private static Answer Does(Func<ScriptedModelServer, ScriptedModelServer> step, string? fallback, int calls = 1, string response = "") =>
        new(step, fallback is null ? "strict_json" : null, fallback, calls) { Response = response };

    private static void AssertVote(Answer expected, AgentVote vote, string at)
    {
        var source = expected.Fallback is null ? VoteSource.Llm : VoteSource.Rules;
        var said = $"{at}: {vote.Vote} {vote.Source} {vote.Parsing} {vote.Fallback}: {string.Join("; ", vote.Transcript?.Parsing ?? [])}";
        Assert.True((expected.Vote, source, expected.Parsing, expected.Fallback) == (vote.Vote, vote.Source, vote.Parsing, vote.Fallback), said);
        var raw = vote.Transcript!.Response;
        Assert.True(expected.Fallback == "empty" ? raw.Contains("\"content\":\"\"", StringComparison.Ordinal) : raw == expected.Response, $"{at}: {raw}");
        Assert.NotEmpty(vote.Transcript.Parsing);
        Assert.Equal("test-model", vote.Transcript.Model);
        Assert.InRange(vote.Transcript.LatencyMs, expected.Fallback == "timeout" ? 4_000 : 0, 60_000);
        Assert.InRange(vote.Confidence, 0.5, 1);
        Assert.DoesNotContain(vote.Reasoning, char.IsControl);
    }

    /// <summary>Each call's prompt is the one on record, and names the job and what was really free.</summary>
    private static void AssertPrompts(AgentModels models, PlacementResult result, JobSpec[] jobs)
    {
        for (var agent = 0; agent < Script.Length; agent++)
        {
            var free = new Resources(64, 256 * 1024, 0, 0);
            var sent = models.Servers[agent].Calls.Select(c => Assert.Single(c.Contents)).Distinct().ToList();
            Assert.Equal(result.Jobs.Select(j => j.Votes[agent].Transcript!.Prompt), sent);
            for (var job = 0; job < jobs.Length; job++)
            {
                Assert.Contains($"Job: {jobs[job].Name} requiring {jobs[job].CpuCores} cores", sent[job], StringComparison.Ordinal);
                Assert.Contains($"Your own pool: 4 of 4 nodes up, 16 cores, 64 GB memory each; {free} are free", sent[job], StringComparison.Ordinal);
                free = result.Jobs[job].Agent == AgentModels.Cluster.Agents[agent].Name ? free - jobs[job].Needs() : free;
            }
        }

        Assert.Contains(result.Jobs, j => j.Votes.Any(v => v.Transcript!.Prompt.Contains("62 cores", StringComparison.Ordinal)));
    }

    /// <summary>Whoever has the group's public keys alone finds the record's votes in it; the authors' numbers.</summary>
    private static List<int> AssertCertificate(PlacementResult result, PlacedJob job)
    {
        Assert.Null(CertificateText.Read(Encoding.ASCII.GetBytes(job.Certificate!.Text), out var certificate));
        Assert.Null(certificate!.Check(RecordedRun.DirectoryOf(result.Group)));
        var item = certificate.Decided()!;
        Assert.Equal(job.Certificate.OutcomeHash, Convert.ToHexStringLower(SHA256.HashData(item.Request.Payload)));
        Assert.Equal(job.Name, Assert.Single(PlacementRecord.TryParse(item.Request.Payload)!.Proposals).Job);
        Assert.InRange(item.Opinions.Count, 4, 5);
        Assert.InRange(job.Certificate.Signers.Count, 4, 5);
        foreach (var opinion in item.Opinions)
        {
            var (signed, told) = (Assert.Single(Ballot.TryParse(opinion.Value)!.Votes), job.Votes[opinion.Author]);
            Assert.Equal((signed.Vote, signed.Confidence, signed.Source, signed.Reasoning), (told.Vote, told.Confidence, told.Source, told.Reasoning));
        }

        return [.. item.Opinions.Select(o => o.Author)];
    }

    /// <summary>One step of a model, and what the record must say.</summary>
    private sealed record Answer(Func<ScriptedModelServer, ScriptedModelServer> Step, string? Parsing, string? Fallback, int Calls)
    {
        public string Vote { get; init; } = AgentVote.Accept;

        public string Response { get; init; } = "";

        public void Play(ScriptedModelServer server) => Step(server);
    }
}

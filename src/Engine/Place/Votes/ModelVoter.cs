using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Models;
using Quorate.Models.Panel;

namespace Quorate.Engine.Place.Votes;

/// <summary>
/// Votes as a model answers, one call for each proposal. What does not fit is rejected without asking: no model's word can
/// over-commit a node. A call that fails, or an answer that holds no vote, is replaced by the rules' vote, and says so.
/// </summary>
/// <param name="agent">Whom it votes for.</param>
/// <param name="number">The agent's number in the cluster.</param>
/// <param name="panel">Holds the agent's model.</param>
/// <param name="member">The panel's name of the model.</param>
/// <param name="run">Names the run in the calls' records.</param>
/// <param name="time">Measures latencies.</param>
public sealed class ModelVoter(AgentSpec agent, int number, IModelPanel panel, MemberInfo member, string run, TimeProvider time) : IVoter
{
    /// <summary>Calls of one agent at once.</summary>
    private const int MaxAtOnce = 8;

    /// <summary>The panel decided before the model had answered.</summary>
    private const string Late = "late";

    public async ValueTask<CastBallot> VoteAsync(PlacementState state, PlacementRecord record, IReadOnlyList<bool> changes, CancellationToken cancellationToken)
    {
        var byRules = RuleVotes.Of(state, record);
        var free = RuleVotes.FreeOf(state, record, number);
        var prompts = record.Proposals.Select(p => VotePrompt.Write(agent, state, p)).ToList();
        using var slots = new SemaphoreSlim(MaxAtOnce);
        var votes = await Task.WhenAll(prompts.Select((prompt, i) => byRules[i].Accepts ? AskAsync(slots, prompt, byRules[i], cancellationToken) : Task.FromResult(RuleVoter.Describe(agent.Name, byRules[i]))));
        return new CastBallot(
            new Ballot { Votes = [.. votes.Select(v => new BallotVote(v.Vote, v.Confidence, v.Source, v.Reasoning))], Changes = changes, Free = free }, votes);
    }

    private async Task<AgentVote> AskAsync(SemaphoreSlim slots, IReadOnlyList<ChatMessage> prompt, BallotVote byRules, CancellationToken cancellationToken)
    {
        try
        {
            await slots.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return RuleVoter.Describe(agent.Name, byRules) with { Fallback = Late };
        }

        var started = time.GetTimestamp();
        try
        {
            var answer = await panel.Client(member.Name).GetResponseAsync(prompt, new ChatOptions { ConversationId = run }, cancellationToken);
            return Read(prompt, answer.Text, byRules, time.GetElapsedTime(started));
        }
        catch (Exception e)
        {
            return RuleVoter.Describe(agent.Name, byRules) with { Fallback = CodeOf(e, cancellationToken), Transcript = Transcript(prompt, (e as ModelException)?.Raw ?? "", [$"the call failed: {PlainText.Line(e.Message, 200)}"], time.GetElapsedTime(started)) };
        }
        finally
        {
            slots.Release();
        }
    }

    private AgentVote Read(IReadOnlyList<ChatMessage> prompt, string text, BallotVote byRules, TimeSpan latency)
    {
        var reading = VoteParser.Read(text);
        var transcript = Transcript(prompt, text, reading.Tried, latency);
        return reading.Vote is null
            ? RuleVoter.Describe(agent.Name, byRules) with { Fallback = string.IsNullOrWhiteSpace(text) ? "empty" : "malformed", Transcript = transcript }
            : new AgentVote { Agent = agent.Name, Vote = reading.Vote, Confidence = reading.Confidence, Reasoning = reading.Reasoning, Source = VoteSource.Llm, Parsing = reading.Strategy, Transcript = transcript };
    }

    private VoteTranscript Transcript(IReadOnlyList<ChatMessage> prompt, string response, IReadOnlyList<string> parsing, TimeSpan latency) =>
        new(member.Model, member.Temperature, member.MaxTokens, string.Join("\n\n", prompt.Select(m => m.Text)), response, parsing, latency.TotalMilliseconds);

    /// <summary>One agent's trouble, whatever it is, must not end the panel's work. Whoever cancels that work knows it without this call.</summary>
    private static string CodeOf(Exception e, CancellationToken cancellationToken) => e switch
    {
        ModelException model => model.Code,
        QuorateException known => known.Code,
        OperationCanceledException => cancellationToken.IsCancellationRequested ? Late : "timeout",
        _ => "defect",
    };
}

using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Planning.Parsing;
using Quorate.Engine.Triage.Planning.Validation;
using Quorate.Models;

namespace Quorate.Engine.Triage.Planning.Llm;

/// <summary>
/// Asks a model for the plan and believes nothing it says: repaired, read and validated, with one corrective retry that
/// shows every reason. A failure or a second refusal is <see cref="ProposalKind.GiveUp"/> with Rejections filled. That
/// nothing is wrong is decided by <paramref name="confirm"/> from facts, never by the model.
/// </summary>
public sealed class LlmPlanner(IChatClient client, ModelConfig config, IPlanner confirm, PlanLimits limits, TimeProvider time, IIdSource ids) : IPlanner
{
    private const int MaxAttempts = 2;
    private const int MaxRaw = 16 * 1024;

    public string Name => "llm";

    public async Task<PlanProposal> ProposeAsync(PlanningContext context, CancellationToken cancellationToken)
    {
        if (context.NextVersion > limits.MaxVersions)
        {
            return GiveUp([], $"{limits.MaxVersions} plans have been tried, which is the limit.");
        }

        var first = PlanPrompt.Write(context, limits);
        var prompt = first;
        var options = Options(context);
        var rejections = new List<PlanRejection>();
        for (var attempt = 1; ; attempt++)
        {
            var (answer, failure) = await AskAsync(prompt, options, cancellationToken);
            if (failure is not null)
            {
                rejections.Add(new PlanRejection(config.Model, [$"{failure.Code}: {failure.Message}"], Bounded(failure.Raw)));
                if (failure.Failure is not (ModelFailure.Empty or ModelFailure.Malformed) || attempt == MaxAttempts)
                {
                    return GiveUp(rejections, $"The model gave no plan ({failure.Code}).");
                }

                prompt = PlanPrompt.Correct(first, failure.Raw, [$"{failure.Code}: {failure.Message}"]);
                continue;
            }

            var parsed = PlanParser.Parse(answer, new PlanDefaults(ids.Next("plan"), time.GetUtcNow(), context.NextVersion, Override: true));
            if (parsed.NoFault && parsed.Reasons.Count == 0 && parsed.Plan is { Tasks.Count: 0 })
            {
                return await ConfirmAsync(context, cancellationToken);
            }

            var reasons = parsed.Plan is { } plan ? [.. PlanValidator.Validate(plan, context.Site, limits), .. Repeats(plan, context)] : parsed.Reasons;
            if (reasons.Count == 0)
            {
                return Accept(parsed, context, rejections);
            }

            rejections.Add(new PlanRejection(config.Model, reasons, Bounded(answer)));
            if (attempt == MaxAttempts)
            {
                return GiveUp(rejections, "The model's plans were refused twice.");
            }

            prompt = PlanPrompt.Correct(first, answer, reasons);
        }
    }

    private async Task<(string Answer, ModelException? Failure)> AskAsync(IReadOnlyList<ChatMessage> prompt, ChatOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return ((await client.GetResponseAsync(prompt, options, cancellationToken)).Text, null);
        }
        catch (ModelException error)
        {
            return ("", error);
        }
    }

    private ChatOptions Options(PlanningContext context) => new()
    {
        ConversationId = context.IncidentId,
        Temperature = (float)config.Temperature,
        MaxOutputTokens = config.MaxTokens,
        ResponseFormat = ChatResponseFormat.ForJsonSchema(
            PlanSchema.ForModel([.. context.Site.Services.Select(s => s.Name)], limits.TasksFor(context.NextVersion)), "plan"),
    };

    private PlanProposal Accept(PlanParseResult parsed, PlanningContext context, IReadOnlyList<PlanRejection> rejections)
    {
        var plan = parsed.Plan!;
        var asks = plan.Tasks.Count == 0 && plan.ClarifyingTask is not null;
        var cause = parsed.RootCause is { } claim && context.Site.Find(claim.Service) is not null
            ? [new Hypothesis("llm", claim.Service, claim.Cause, claim.Confidence)]
            : Array.Empty<Hypothesis>();
        var repaired = parsed.Repairs.Count > 0 ? $" (JSON repaired: {string.Join(", ", parsed.Repairs)})" : "";
        return new PlanProposal
        {
            Kind = asks ? ProposalKind.Question : ProposalKind.Plan,
            Plan = asks ? null : plan,
            Question = asks ? plan.ClarifyingTask : null,
            Hypotheses = cause,
            Origin = config.Model,
            DecisionTag = DecisionTag.LlmDecision,
            Rationale = (parsed.RootCause?.Cause ?? plan.RootGoal) + repaired,
            Rejections = rejections,
        };
    }

    /// <summary>A plan that did not help is not tried again as it was.</summary>
    private static IEnumerable<string> Repeats(Plan plan, PlanningContext context) => context.History
        .Where(h => h.Plan.Tasks.Count > 0 && plan.Tasks.Count > 0 && Signature(h.Plan).SetEquals(Signature(plan)))
        .Take(1)
        .Select(h => $"plan: the same tasks ran in version {h.Plan.PlanVersion} and did not end the incident; allowed: another plan");

    private static HashSet<string> Signature(Plan plan) =>
        plan.Tasks.Select(t => $"{t.Type} {t.Target} {QuorateJson.Serialize(t.Args.OrderBy(a => a.Key, StringComparer.Ordinal))}").ToHashSet(StringComparer.Ordinal);

    private async Task<PlanProposal> ConfirmAsync(PlanningContext context, CancellationToken cancellationToken)
    {
        var checkedByCode = await confirm.ProposeAsync(context, cancellationToken);
        return checkedByCode with { Rationale = $"The model sees no fault; checked from facts: {checkedByCode.Rationale}" };
    }

    private PlanProposal GiveUp(IReadOnlyList<PlanRejection> rejections, string rationale) => new()
    {
        Kind = ProposalKind.GiveUp,
        Origin = config.Model,
        DecisionTag = DecisionTag.LlmDecision,
        Rationale = rationale,
        Rejections = rejections,
    };

    private static string Bounded(string text) => text.Length > MaxRaw ? text[..MaxRaw] : text;
}

using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Rules;
using Quorate.Harness.Records;
using Quorate.Models;

namespace Quorate.Harness.Runs;

/// <summary>The planner of an arm, with everything that it draws from outside noted.</summary>
internal static class RunPlanner
{
    /// <exception cref="QuorateException">Input: the arm needs a model and none is configured.</exception>
    public static (IPlanner Planner, PlannerRecipe Recipe) Create(string arm, HarnessServices services, TriageServices triage, IReadOnlyList<PlanTask> remedies, PlannerDraws draws)
    {
        var model = arm is Arms.Llm or Arms.Auto ? services.Planner.Model : null;
        var recipe = new PlannerRecipe(arm, model?.Model, model?.Temperature ?? 0, model?.MaxTokens ?? 1, services.Planner.Limits, arm == Arms.Ceiling ? remedies : []);
        var client = model is null ? null : new NotedChatClient(
            ModelClients.Create(model, (run, token) => RecordAsync(triage, run, token), services.Time, services.Ids, new Random(services.Planner.Seed)), draws);
        return (PlannerRecipes.Create(recipe, RulebookLoader.Load(services.Planner.RuleFiles), client, model, new NotedTime(services.Time, draws), new NotedIds(services.Ids, draws)), recipe);
    }

    private static async Task RecordAsync(TriageServices triage, LlmRun run, CancellationToken token) =>
        await triage.Ledger.AppendAsync(new LedgerDraft(LedgerKinds.LlmRun, run.IncidentId ?? run.RunId, QuorateJson.ToElement(run), DecisionTag.LlmDecision), token);
}

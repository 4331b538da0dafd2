using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Planning.Llm;
using Quorate.Engine.Triage.Planning.Rules;
using Quorate.Models;

namespace Quorate.Engine.Triage.Planning;

public enum PlannerMode
{
    /// <summary>The model when one is configured, the rulebook behind it; the rulebook alone otherwise.</summary>
    Auto,

    /// <summary>The model alone; what it cannot plan is given up.</summary>
    Llm,
    Rulebook,
}

/// <summary>What planners are made from. Model null: none is configured. RuleFiles are laid over the rulebook in their order.</summary>
public sealed record PlannerSettings
{
    public ModelConfig? Model { get; init; }
    public IReadOnlyList<string> RuleFiles { get; init; } = [];
    public PlanLimits Limits { get; init; } = PlanLimits.Default;

    /// <summary>Seed of the jitter between a model's retries.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>Puts a planner together.</summary>
public static class PlannerFactory
{
    /// <param name="mode">Which planner.</param>
    /// <param name="settings">The model and the rules.</param>
    /// <param name="audit">Called once for each call of a model, failed ones too, before its answer is used.</param>
    /// <param name="time">The clock of plans, deadlines and retries.</param>
    /// <param name="ids">Where plan and run ids come from.</param>
    /// <exception cref="QuorateException">Input: wrong rules or model settings; mode llm without a model. Missing: a rules file, the model's key.</exception>
    public static IPlanner Create(PlannerMode mode, PlannerSettings settings, Func<LlmRun, CancellationToken, Task> audit, TimeProvider time, IIdSource ids)
    {
        var rulebook = new RulebookPlanner(RulebookLoader.Load(settings.RuleFiles), settings.Limits, time, ids);
        if (mode == PlannerMode.Rulebook || (mode == PlannerMode.Auto && settings.Model is null))
        {
            return rulebook;
        }

        var model = settings.Model
            ?? throw QuorateException.Input("planner_model", "planner: llm needs a model and none is configured", $"name a preset ({ModelPresets.Names}) or an endpoint and a model, or use --planner rulebook");
        var client = ModelClients.Create(model, audit, time, ids, new Random(settings.Seed));
        var llm = new LlmPlanner(client, model, rulebook, settings.Limits, time, ids);
        return mode == PlannerMode.Llm ? llm : new AutoPlanner(llm, rulebook);
    }
}

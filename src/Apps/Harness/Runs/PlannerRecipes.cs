using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Llm;
using Quorate.Engine.Triage.Planning.Rules;
using Quorate.Harness.Records;
using Quorate.Models;

namespace Quorate.Harness.Runs;

/// <summary>Makes the planner of a recipe: the same way for a run and for its replay.</summary>
public static class PlannerRecipes
{
    /// <param name="recipe">What it is made from.</param>
    /// <param name="rulebook">The rules.</param>
    /// <param name="client">The model, or what it said; null where the recipe names none.</param>
    /// <param name="model">How it is asked; null: as the recipe says, which is enough when nobody is called.</param>
    /// <param name="time">The clock of plans.</param>
    /// <param name="ids">Of plans.</param>
    /// <exception cref="QuorateException">Input: a model is needed and none is there.</exception>
    public static IPlanner Create(PlannerRecipe recipe, Rulebook rulebook, IChatClient? client, ModelConfig? model, TimeProvider time, IIdSource ids)
    {
        var rules = new RulebookPlanner(rulebook, recipe.Limits, time, ids);
        LlmPlanner Llm() => new(
            client ?? throw QuorateException.Input("planner_model", $"arm {recipe.Arm} needs a model and none is configured", "planner.endpoint and planner.model in quorate.json, or QUORATE_PLANNER__ENDPOINT and QUORATE_PLANNER__MODEL"),
            model ?? new ModelConfig { Provider = "record", Endpoint = new Uri("http://127.0.0.1/"), Model = recipe.Model ?? "", Temperature = recipe.Temperature, MaxTokens = recipe.MaxTokens },
            rules,
            recipe.Limits,
            time,
            ids);
        return recipe.Arm switch
        {
            Arms.Llm => Llm(),
            Arms.Auto when recipe.Model is not null => new AutoPlanner(Llm(), rules),
            Arms.Ceiling => new CeilingPlanner(recipe.Remedies, time, ids),
            Arms.Nothing => new NothingPlanner(),
            _ => rules,
        };
    }
}

using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Approval;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Planning;
using Quorate.Tests.Unit.Planning;

namespace Quorate.Tests.Unit.Approval;

/// <summary>Review records of plans for the shop, by the same way that the engine makes them.</summary>
internal static class Reviews
{
    /// <summary>One record for each action of the plan.</summary>
    public static IReadOnlyList<ReviewRecord> Of(PlanningContext context, Plan plan)
    {
        var state = new IncidentState();
        state.Apply(new IncidentOpened(context.Site.Id, context.Site.Name, context.Platform, "me", context.IncidentText, 0, Shop.Now, SiteBaseline.From(context.Snapshot), null));
        state.Apply(new PlanCommitted(plan, "test", "", [], DecisionTag.LlmDecision, Shop.Now));
        var records = new ReviewRecords(context);
        return [.. state.Current!.Actions.Select(t => records.For(state.Current, t, state))];
    }

    public static ReviewRecord Of(Shop shop, params string[] actions) => Of(shop.Context(), Plan(actions))[0];

    /// <summary>Actions as <c>type target [name=value]</c>.</summary>
    public static Plan Plan(params string[] actions) => new()
    {
        PlanId = "plan-1",
        RootGoal = "test",
        CreatedAt = Shop.Now,
        PlanVersion = 2,
        Tasks = [.. actions.Select((a, i) => Task($"a{i + 1}", a.Split(' ')))],
    };

    private static PlanTask Task(string id, string[] words) => new()
    {
        TaskId = id,
        Type = words[0],
        Target = words[1],
        AssignedTo = AgentNames.Action,
        Args = words.Skip(2).Select(w => w.Split('=')).ToDictionary(w => w[0], w => QuorateJson.ToElement(w[1])),
    };
}

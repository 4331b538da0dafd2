using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Planning;

/// <summary>Turns an incident and what is known of the site into the next plan.</summary>
public interface IPlanner
{
    /// <summary><c>rulebook</c>, <c>llm</c> or <c>auto</c>.</summary>
    string Name { get; }

    Task<PlanProposal> ProposeAsync(PlanningContext context, CancellationToken cancellationToken);
}

/// <summary>What a planner may look at.</summary>
public sealed record PlanningContext
{
    public required string IncidentId { get; init; }

    /// <summary>The person's own words, bounded; data, never instructions.</summary>
    public required string IncidentText { get; init; }
    public required Site Site { get; init; }

    /// <summary><c>process</c> or <c>docker</c>.</summary>
    public required string Platform { get; init; }
    public required SiteSnapshot Snapshot { get; init; }

    /// <summary>The version a plan made now will carry.</summary>
    public required int NextVersion { get; init; }

    /// <summary>Earlier versions with what came of them, oldest first.</summary>
    public IReadOnlyList<PlanHistory> History { get; init; } = [];

    /// <summary>Questions asked and the person's answers.</summary>
    public IReadOnlyList<QuestionAnswer> Answers { get; init; } = [];
}

/// <summary>A committed plan, its results, and what the monitor said afterwards. Undone: its effects were taken back.</summary>
public sealed record PlanHistory(Plan Plan, IReadOnlyDictionary<string, TaskResult> Results, IReadOnlyList<string> Deviations, bool Undone);

public sealed record QuestionAnswer(string Question, string Answer);

/// <summary>A planner's answer: a plan, a question, nothing wrong, or nothing more that is safe to try.</summary>
public sealed record PlanProposal
{
    public required ProposalKind Kind { get; init; }

    /// <summary>Set when Kind is Plan; already validated.</summary>
    public Plan? Plan { get; init; }

    /// <summary>Set when Kind is Question.</summary>
    public ClarifyingTask? Question { get; init; }

    /// <summary>Ranked, most likely first.</summary>
    public IReadOnlyList<Hypothesis> Hypotheses { get; init; } = [];

    /// <summary>Who made this proposal: <c>rulebook</c> or a model's name.</summary>
    public required string Origin { get; init; }
    public required DecisionTag DecisionTag { get; init; }

    /// <summary>One or two sentences for a person.</summary>
    public required string Rationale { get; init; }

    /// <summary>Proposals refused on the way here (a model's, before the rulebook took over), each with every reason.</summary>
    public IReadOnlyList<PlanRejection> Rejections { get; init; } = [];
}

public enum ProposalKind
{
    /// <summary>A plan that only looks, or one that acts.</summary>
    Plan,
    Question,

    /// <summary>The evidence shows no fault.</summary>
    NothingWrong,

    /// <summary>Something is wrong and nothing is left that is safe to try.</summary>
    GiveUp,
}

/// <summary>A possible cause. Confidence 0–1; Cause is one sentence; Rule is the rulebook rule or <c>llm</c>.</summary>
public sealed record Hypothesis(string Rule, string Service, string Cause, double Confidence);

public sealed record PlanRejection(string Origin, IReadOnlyList<string> Reasons, string Raw);

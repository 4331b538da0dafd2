namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>A rule that applies to a service. Next null: everything it knows has been tried.</summary>
internal sealed record Finding(Rule Rule, ServiceFacts Facts, double Confidence, IReadOnlyList<Step>? Next)
{
    public string Service => Facts.Name;

    public Hypothesis ToHypothesis() => new(Rule.Id, Service, StepExpansion.Cause(Rule, Facts), Confidence);
}

/// <summary>Which rules apply where, most likely cause first, and which of them are acted on together.</summary>
internal sealed class Diagnosis
{
    private const double MentionedBonus = 0.02;

    /// <summary>What a cause keeps of its weight when something deeper is also wrong; a guess takes nothing from what is proven.</summary>
    private const double DependantShare = 0.6;

    /// <summary>What it keeps for each step that was tried.</summary>
    private const double TriedShare = 0.5;

    /// <summary>A deeper cause below this explains nothing.</summary>
    private const double Explains = 0.5;

    private readonly SiteGraph _graph;

    public Diagnosis(Rulebook rulebook, IReadOnlyList<ServiceFacts> facts, SiteGraph graph, RepairHistory history)
    {
        _graph = graph;
        var found = facts
            .SelectMany(f => rulebook.Rules.Where(r => r.When.Holds(f)).Select(r => Weigh(r, f, history)))
            .ToList();
        Findings = [.. found
            .Select(f => found.Exists(d => d.Next is not null && d.Confidence >= Explains && (d.Rule.Proof || !f.Rule.Proof) && graph.Needs(f.Service).Contains(d.Service))
                ? f with { Confidence = Math.Round(f.Confidence * DependantShare, 3) } : f)
            .OrderByDescending(f => f.Confidence).ThenBy(f => f.Facts.Index).ThenBy(f => f.Rule.Id, StringComparer.Ordinal)];
    }

    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>
    /// The findings to act on now: each one that is proven; of the others the likeliest, unless something acted on
    /// already may explain it, because one of the two needs the other. A proven finding explains what it needs only
    /// when that is a weak guess.
    /// </summary>
    public IReadOnlyList<Finding> Select()
    {
        var left = Findings.Where(f => f.Next is not null).ToList();
        var chosen = left.Where(f => f.Rule.Proof).ToList();
        foreach (var hint in left.Where(f => !f.Rule.Proof))
        {
            // A guess about a service that looks healthy waits until nothing likelier is left.
            if (hint.Facts.Healthy && chosen.Count > 0)
            {
                continue;
            }

            if (!chosen.Exists(c => c.Service == hint.Service
                || _graph.Needs(hint.Service).Contains(c.Service)
                || ((!c.Rule.Proof || hint.Confidence < Explains) && _graph.Needs(c.Service).Contains(hint.Service))))
            {
                chosen.Add(hint);
            }
        }

        return chosen;
    }

    private static Finding Weigh(Rule rule, ServiceFacts facts, RepairHistory history)
    {
        var next = history.Next(rule, facts);
        var weight = rule.Weight
            + rule.Words.Where(w => facts.Text.Contains(w.Key)).Sum(w => w.Value)
            + (facts.Mentioned ? MentionedBonus : 0);
        var tried = next?.Tried ?? rule.Repair.Count;
        return new Finding(rule, facts, Math.Round(Math.Clamp(weight, 0.01, 0.99) * Math.Pow(TriedShare, tried), 3), next?.Steps);
    }
}

using System.Text.Json;
using System.Text.RegularExpressions;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>Rules as data, with the words and patterns that they refer to. Read from YAML; see docs/rulebook.md.</summary>
public sealed record Rulebook
{
    public required IReadOnlyList<Rule> Rules { get; init; }

    /// <summary>Groups of words that people use, by group name; already folded.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Text { get; init; }

    /// <summary>What people call services that have another name.</summary>
    public required IReadOnlyList<NameHint> Names { get; init; }

    /// <summary>Patterns of log lines by name.</summary>
    public required IReadOnlyDictionary<string, Regex> Logs { get; init; }
}

/// <summary>Words, folded, that mean every service whose name or image matches the pattern.</summary>
public sealed record NameHint(IReadOnlyList<string> Words, Regex Services);

/// <summary>One possible cause, how it shows, and what is done about it.</summary>
public sealed record Rule
{
    public required string Id { get; init; }
    public required string Title { get; init; }

    /// <summary>One sentence; <c>{service}</c> and <c>{drift}</c> are replaced.</summary>
    public required string Cause { get; init; }

    /// <summary>0–1: how likely the cause is when the conditions hold and nothing else is known.</summary>
    public required double Weight { get; init; }

    /// <summary>The conditions prove the fault by themselves, so it is repaired whatever else is wrong.</summary>
    public bool Proof { get; init; }

    public required Condition When { get; init; }

    /// <summary>The aspects of drift that the conditions ask for: what <c>{drift}</c> stands for.</summary>
    public IReadOnlySet<string> DriftAspects { get; init; } = new HashSet<string>();

    /// <summary>Weight added when the incident text has a word of the group.</summary>
    public IReadOnlyDictionary<string, double> Words { get; init; } = new Dictionary<string, double>();
    public IReadOnlyList<StepTemplate> Evidence { get; init; } = [];

    /// <summary>Least invasive first; the next one is used when the former did not help.</summary>
    public required IReadOnlyList<StepTemplate> Repair { get; init; }
}

/// <summary>A task without target and id. Text arguments may hold <c>{service}</c> and <c>{drift}</c>.</summary>
public sealed record StepTemplate(string Type, IReadOnlyDictionary<string, JsonElement> Args);

/// <summary>All of the tests, and, when there are alternatives, one of those.</summary>
public sealed record Condition(IReadOnlyList<Func<ServiceFacts, bool>> All, IReadOnlyList<Condition> Any)
{
    public bool Holds(ServiceFacts facts) => All.All(test => test(facts)) && (Any.Count == 0 || Any.Any(c => c.Holds(facts)));
}

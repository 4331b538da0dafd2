using Quorate.Engine.Triage.Monitoring;
using Quorate.Engine.Triage.Planning;

namespace Quorate.Engine.Triage;

/// <summary>One open incident and everything a step needs to work on it.</summary>
internal sealed record IncidentContext(TriageServices Services, TriageOptions Options, TriageParts Parts, IncidentJournal Journal, IncidentState State, ITriageObserver Watcher, TriageClock Clock)
{
    /// <summary>The newest look at the site in this process.</summary>
    public SiteSnapshot? Snapshot { get; set; }

    public PlanningContext PlanningContext(SiteSnapshot snapshot) => new()
    {
        IncidentId = Journal.IncidentId,
        IncidentText = State.Opened!.Text,
        Site = Services.Site,
        Platform = Services.Platform.Name,
        Snapshot = snapshot,
        NextVersion = State.NextVersion,
        History = PlanHistories.Of(State),
        Answers = State.Answers,
    };

    public void Tell(TriageEvent triageEvent) => Watcher.OnEvent(triageEvent);

    /// <summary>What is known to be wrong, one sentence each: by the newest verification, else by the newest look.</summary>
    public IReadOnlyList<string> LastDeviations() => State.LastDeviations
        ?? Snapshot?.Status.Services.Where(x => !x.Healthy).Select(x => $"{x.Name}: {x.Detail}").Concat(Snapshot.Status.Failures).ToList()
        ?? [];
}

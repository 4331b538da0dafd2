using System.Globalization;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage;
using Quorate.Engine.Triage.Planning;
using Quorate.Faults;

namespace Quorate.Harness.Runs;

/// <summary>What the harness works with; the composition root fills it in.</summary>
public sealed record HarnessServices
{
    public required TimeProvider Time { get; init; }
    public required IIdSource Ids { get; init; }

    /// <summary>Where a site runs, by the platform's name.</summary>
    public required Func<Site, string, CancellationToken, Task<IPlatform>> OpenPlatform { get; init; }

    /// <summary>What a triage of the site works with. Its planner is replaced by the arm's.</summary>
    public required Func<Site, IPlatform, CancellationToken, Task<TriageServices>> CreateTriage { get; init; }
    public required Func<Site, IPlatform, FaultInjector> CreateInjector { get; init; }

    /// <summary>Asks services for their configuration; null where none can be asked.</summary>
    public required Func<IPlatform, ISiteInspector?> CreateInspector { get; init; }

    /// <summary>Records how the healthy site is, for diagnosis by difference: what a site's operator does once.</summary>
    public required Func<Site, IPlatform, CancellationToken, Task> RecordHealthy { get; init; }

    /// <summary>Notes that the site is healthy again: earlier log lines are no evidence for the next run.</summary>
    public required Func<Site, IPlatform, CancellationToken, Task> ConfirmHealthy { get; init; }
    public required TriageOptions Triage { get; init; }
    public required PlannerSettings Planner { get; init; }

    /// <summary>Of the program and what it runs on.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }
}

/// <summary>One run of a scenario.</summary>
public sealed record RunRequest(Scenarios.Scenario Scenario, long Seed, int Repetition, string Arm, double Noise, string Platform)
{
    /// <summary>The folder of its record.</summary>
    public string Folder => string.Create(CultureInfo.InvariantCulture, $"{Scenario.Name}-{Platform}-{Arm}{(Noise == Scenario.Noise ? "" : $"-n{Noise}")}-s{Seed}-r{Repetition}");
}

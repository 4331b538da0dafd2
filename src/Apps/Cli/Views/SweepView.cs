using Quorate.Cli.Commands;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Simulation;
using Spectre.Console;
using Output = Quorate.Cli.Common.Output;

namespace Quorate.Cli.Views;

/// <summary>A seed that broke a promise, and how to see it again.</summary>
internal sealed record FailureRow(ulong Seed, IReadOnlyList<string> Violations, string Rerun);

/// <summary>What a sweep over seeds showed.</summary>
internal sealed record SweepView
{
    public required ulong FirstSeed { get; init; }
    public required ulong LastSeed { get; init; }

    /// <summary>Seeds that ran, from the first on.</summary>
    public required long Seeds { get; init; }
    public required int Replicas { get; init; }
    public required int Liars { get; init; }
    public required int Quorum { get; init; }
    public required IReadOnlyList<string> Faults { get; init; }
    public required string Signatures { get; init; }
    public required double Seconds { get; init; }
    public required long Events { get; init; }
    public required long EventsPerS { get; init; }
    public required long Decisions { get; init; }
    public required long ViewChanges { get; init; }
    public required long Convictions { get; init; }
    public required long FailedSeeds { get; init; }
    public required IReadOnlyList<FailureRow> Failures { get; init; }
    public required string TranscriptHash { get; init; }
    public required bool Interrupted { get; init; }

    public static SweepView Of(SimulationRequest plan, SweepResult result, TimeSpan took, bool interrupted)
    {
        var membership = Membership.Largest(plan.Replicas);
        return new SweepView
        {
            FirstSeed = plan.Seeds.First,
            LastSeed = plan.Seeds.Last,
            Seeds = result.Seeds,
            Replicas = membership.Replicas,
            Liars = plan.Faults.HasFlag(SimulatedFaults.Byzantine) ? membership.Faults : 0,
            Quorum = membership.Quorum,
            Faults = [.. Names.Singles<SimulatedFaults>().Where(f => plan.Faults.HasFlag(f)).Select(QuorateJson.NameOf)],
            Signatures = plan.RealSignatures ? "ecdsa_p256" : "keyed_hash",
            Seconds = Math.Round(took.TotalSeconds, 3),
            Events = result.Events,
            EventsPerS = (long)(result.Events / Math.Max(took.TotalSeconds, 1e-3)),
            Decisions = result.Decisions,
            ViewChanges = result.ViewChanges,
            Convictions = result.Convictions,
            FailedSeeds = result.FailedSeeds,
            Failures = [.. result.Failures.Select(f => new FailureRow(f.Seed, f.Violations, plan.Rerun(f.Seed, PlantedBug.None)))],
            TranscriptHash = result.TranscriptHash,
            Interrupted = interrupted,
        };
    }

    public void Show(Output output)
    {
        foreach (var failure in Failures)
        {
            output.Line($"[red]seed {failure.Seed}:[/] {Output.Safe(string.Join("; ", failure.Violations))}");
            output.Line($"  rerun: {Output.Safe(failure.Rerun)}");
        }

        var seeds = Seeds == 0 ? "no seeds" : $"seeds {FirstSeed}..{FirstSeed + (ulong)Seeds - 1}";
        output.Line(FailedSeeds == 0 ? $"[green]no violation[/] in {seeds}" : $"[red]{FailedSeeds} of {Seeds} seeds break a promise[/] in {seeds}{(FailedSeeds > Failures.Count ? $"; the first {Failures.Count} are above" : "")}");
        output.Line($"{Replicas} replicas, {Liars} lying, quorum {Quorum}; {(Faults.Count == 0 ? "no faults" : string.Join(", ", Faults))}; {Signatures}");
        output.Line($"{Events:N0} events in {Seconds:0.0} s ([bold]{EventsPerS:N0}[/] events/s), {Decisions:N0} decisions, {ViewChanges:N0} view changes, {Convictions:N0} liars convicted");
        output.Line($"transcript {TranscriptHash}");
        if (Interrupted)
        {
            output.Line("[yellow]interrupted[/]; the figures are for the seeds that ran");
        }
    }
}

/// <summary>Whether a planted bug was found, and how. Clean: the same seed without the bug keeps every promise.</summary>
internal sealed record PlantedRow(string Bug, bool Found, ulong? Seed, string? Violation, bool? Clean, long SeedsTried, string? Rerun)
{
    public static PlantedRow Of(SimulationRequest plan, PlantedBug bug, SweepResult result)
    {
        if (result.Failures.Count == 0)
        {
            return new PlantedRow(QuorateJson.NameOf(bug), Found: false, null, null, null, result.Seeds, null);
        }

        // What the seed also shows without the bug would say nothing about the bug.
        var first = result.Failures[0];
        var clean = ConsensusSimulation.Run(first.Seed, plan.Options(PlantedBug.None)).Violations.Count == 0;
        return new PlantedRow(QuorateJson.NameOf(bug), clean, first.Seed, first.Violations[0], clean, (long)(first.Seed - plan.Seeds.First) + 1, plan.Rerun(first.Seed, bug));
    }
}

/// <summary>Planted bugs and the seeds that found them.</summary>
internal sealed record PlantedView(int Replicas, int Bugs, int Found, IReadOnlyList<PlantedRow> Planted)
{
    public void Show(Output output)
    {
        var table = new Table().Border(output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
        table.AddColumns("planted bug", "found by seed", "as");
        foreach (var row in Planted)
        {
            var how = row switch { { Found: true } => row.Violation!, { Seed: not null } => "the seed fails without the bug, too", _ => $"not in {row.SeedsTried} seeds" };
            table.AddRow(row.Bug, row.Found ? $"[green]{row.Seed}[/]" : "[red]not found[/]", Output.Safe(how));
        }

        output.People.Write(table);
        output.Line($"[{(Found == Bugs ? "green" : "red")}]{Found} of {Bugs} planted bugs found[/]");
        if (Planted.FirstOrDefault(row => row.Found) is { } first)
        {
            output.Line($"to see one: {Output.Safe(first.Rerun!)}");
        }
    }
}

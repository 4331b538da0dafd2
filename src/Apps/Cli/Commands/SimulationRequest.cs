using System.Globalization;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Simulation;

namespace Quorate.Cli.Commands;

/// <summary>Seeds from the first to the last, both run.</summary>
internal sealed record SeedRange(ulong First, ulong Last)
{
    /// <exception cref="QuorateException">Both options, no numbers, or A beyond B.</exception>
    public static SeedRange Parse(string? range, string? single, string usual)
    {
        if (range is not null && single is not null)
        {
            throw QuorateException.Input("seeds_wrong", "--seed and --seeds cannot both be given");
        }

        var text = range ?? single ?? usual;
        var parts = text.Split("..");
        return parts.Length <= (single is null ? 2 : 1) && TryRead(parts[0], out var first) && TryRead(parts[^1], out var last) && first <= last
            ? new SeedRange(first, last)
            : throw QuorateException.Input("seeds_wrong", $"{(single is null ? "--seeds" : "--seed")} is '{text}'; {(single is null ? "A..B with whole numbers A ≤ B" : "a whole number from 0 on")} is allowed", "for example --seeds 1..1000");
    }

    private static bool TryRead(string text, out ulong value) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}

/// <summary>What is to be simulated.</summary>
internal sealed record SimulationRequest
{
    public required SeedRange Seeds { get; init; }
    public required int Replicas { get; init; }
    public required SimulatedFaults Faults { get; init; }
    public required bool RealSignatures { get; init; }
    public required PlantedBug Planted { get; init; }

    public SimulationOptions Options(PlantedBug bug)
    {
        var usual = new SimulationOptions { Membership = Membership.Largest(Replicas), Faults = Faults, RealSignatures = RealSignatures, Bug = bug };
        // Everybody talks to everybody: events grow with the square of the replicas.
        return usual with { MaxEvents = usual.MaxEvents * Math.Max(1, Replicas * Replicas / 64) };
    }

    public SimulationSweep Sweep(PlantedBug bug, bool stopAtFailure) => new(Options(bug), Seeds.First, Seeds.Last, stopAtFailure);

    /// <summary>The command that repeats one seed of this and shows what happens.</summary>
    public string Rerun(ulong seed, PlantedBug bug)
    {
        var faults = Faults == SimulatedFaults.All ? "" : $" --faults {(Faults == SimulatedFaults.None ? "none" : string.Join(',', Names.Singles<SimulatedFaults>().Where(f => Faults.HasFlag(f)).Select(QuorateJson.NameOf)))}";
        return $"quorate simulate --seed {seed} --replicas {Replicas}{faults}{(bug == PlantedBug.None ? "" : $" --planted {QuorateJson.NameOf(bug)}")}{(RealSignatures ? " --real-signatures" : "")} --transcript";
    }
}

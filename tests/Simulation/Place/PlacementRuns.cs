using System.Security.Cryptography;
using Quorate.Contracts.Placing;
using Quorate.Engine.Panels;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Engine.Place.Files;
using Quorate.Faults.Agents;

namespace Quorate.Tests.Simulation.Place;

/// <summary>Runs of the shipped cluster and jobs in virtual time.</summary>
internal static class PlacementRuns
{
    public static readonly ClusterSpec FiveAgents = ClusterFileReader.Read(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "lab", "clusters", "five-agents.json")));
    public static readonly IReadOnlyList<JobSpec> ThirtyJobs = JobFileReader.Read(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "lab", "workloads", "jobs-30.json")));

    // Keys are slow to make, and which they are does not matter here.
    private static readonly IReadOnlyList<ECDsa> Keys = [.. Enumerable.Range(0, 12).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    public static Task<PlacementResult> RunAsync(AgentFaultPlan plan, int seed, PlacementOptions? options = null, IPlacementObserver? observer = null, bool signed = false) =>
        RunAsync(new AgentFaultInjector(plan, FiveAgents, seed), seed, options, observer, signed);

    public static async Task<PlacementResult> RunAsync(IAgentFaults faults, int seed, PlacementOptions? options = null, IPlacementObserver? observer = null, bool signed = false, double timeoutMs = 30_000)
    {
        using var session = PlacementSession.Open(new PlacementSetup
        {
            RunId = $"run-{seed}",
            Cluster = FiveAgents,
            Keys = signed ? new Kept() : null,
            Clock = new VirtualClock(),
            Faults = faults,
            Group = new AgentGroupOptions { LinkMs = 1, ConsensusTimeoutMs = timeoutMs },
            Options = options ?? new PlacementOptions(),
            Observer = observer ?? PlacementParts.Nobody,
        });
        return await session.Engine.RunAsync(ThirtyJobs, TestContext.Current.CancellationToken);
    }

    private sealed class Kept : IMemberKeys
    {
        public IReadOnlyList<ECDsa> Open(IReadOnlyList<string> names) => [.. names.Select((_, i) => ECDsa.Create(Keys[i].ExportParameters(includePrivateParameters: true)))];
    }
}

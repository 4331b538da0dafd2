using Quorate.Cli.Commands;
using Quorate.Cli.Common;
using Quorate.Cli.Placing;
using Quorate.Cli.Views;
using Quorate.Contracts.Placing;

namespace Quorate.Cli.Demo;

/// <summary>Thirty jobs placed on five agents by votes, healthy at first and then under each kind of fault. Agreement takes real time; the jobs' hours are simulated.</summary>
internal static class DemoPlacement
{
    // One after the other, so that never more than one agent is faulty: as many as five agents tolerate.
    private static readonly AgentFaultPlan Attack = new()
    {
        Schedule =
        [
            new ScheduledFault("MEMORY_SPECIALIST", AgentFaultKinds.WrongVote, 8, 3),
            new ScheduledFault("GPU_SPECIALIST", AgentFaultKinds.Crash, 16, 4),
            new ScheduledFault("COMPUTE_SPECIALIST", AgentFaultKinds.Partition, 24, 3),
            new ScheduledFault("STORAGE_SPECIALIST", AgentFaultKinds.Slow, 32, 4),
            new ScheduledFault("GENERAL_SPECIALIST", AgentFaultKinds.Equivocation, 38, 3),
        ],
    };

    /// <param name="workspace">Its keys and clock.</param>
    /// <param name="seed">Of the details of the faults.</param>
    /// <param name="token">Ends it.</param>
    public static async Task<PlacementResult> RunAsync(Workspace workspace, int seed, CancellationToken token)
    {
        var cluster = WorkloadFiles.ReadCluster(path: null);
        var jobs = WorkloadFiles.ReadJobs([ShippedFiles.Find("lab/workloads/jobs-30.json")]);
        var view = new PlaceView(workspace.Output, cluster, explain: false);
        var request = new PlacementRequest { RunId = workspace.Ids.Next("place"), Cluster = cluster, Jobs = jobs, Faults = Attack, Seed = seed, Observer = view };
        view.Begin(request);
        await using var opened = await PlacementComposition.OpenAsync(workspace, request, token);
        var result = await opened.Session.Engine.RunAsync(jobs, token);
        view.Show(result);
        return result;
    }
}

using System.Diagnostics;
using Quorate.Cli.Agents;
using Quorate.Cli.Commands;
using Quorate.Transport.Clients;
using Quorate.Transport.InProcess;

namespace Quorate.Cli.Bench;

/// <summary>All replicas and clients in this process. Nothing is durable here.</summary>
internal sealed class InProcessBenchGroup : IBenchGroup
{
    private readonly InProcessGroup group;
    private readonly LogApplication[] applications;

    public InProcessBenchGroup(ConsensusBenchPlan plan, TimeProvider time)
    {
        applications = [.. Enumerable.Range(0, plan.Replicas).Select(_ => new LogApplication())];
        group = InProcessGroup.Start(new InProcessGroupOptions
        {
            Replicas = plan.Replicas,
            Faults = plan.Faults,
            Clients = plan.Clients,
            Validator = new LogRules(),
            State = id => applications[id],
            Consensus = AgentCommand.Rules(plan.SignedRequests ? "signed" : "unsigned"),
            Client = new ConsensusClientOptions { Time = time },
            Time = time,
        });
    }

    public IReadOnlyList<ConsensusClient> Clients => group.Clients;

    public Task<GroupUsage> UsageAsync(CancellationToken token)
    {
        using var process = Process.GetCurrentProcess();
        return Task.FromResult(new GroupUsage(
            process.TotalProcessorTime.TotalMilliseconds,
            process.WorkingSet64 / 1048576.0 / applications.Length,
            process.PeakWorkingSet64 / 1048576.0 / applications.Length,
            0,
            group.Signed,
            group.Verified,
            applications.Max(application => application.Read().Position),
            group.Replicas.Max(replica => replica.Status.Executed)));
    }

    public async Task KillLeaderAsync(CancellationToken token)
    {
        var view = group.Replicas.Max(replica => replica.Status.View);
        await group.Replicas[(int)(view % (ulong)group.Replicas.Count)].DisposeAsync();
    }

    public ValueTask DisposeAsync() => group.DisposeAsync();
}

using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Engine.Triage;

namespace Quorate.Cli.Placing;

/// <summary>One Quorate at a time carries out a run.</summary>
internal static class RunLease
{
    /// <exception cref="QuorateException">Missing: run_busy, another process has it; run_lease_lost.</exception>
    public static async Task<int> HoldingAsync(Workspace workspace, string run, Func<CancellationToken, Task<int>> work, CancellationToken token)
    {
        var leases = (await workspace.OpenStoreAsync(token)).Leases;
        await using var lease = await SiteLease.AcquireRunAsync(leases, run, LeaseOwner.Create(workspace.Ids), workspace.Time, token);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(token, lease.Lost);
        try
        {
            return await work(both.Token);
        }
        catch (OperationCanceledException e) when (lease.Lost.IsCancellationRequested && !token.IsCancellationRequested)
        {
            throw QuorateException.Missing("run_lease_lost", "another Quorate has taken the run over, or the store could not be reached to keep it", $"the run stays open: quorate place --resume {run}", e);
        }
    }
}

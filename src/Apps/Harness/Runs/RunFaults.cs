using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Faults;
using Quorate.Harness.Scenarios;

namespace Quorate.Harness.Runs;

/// <summary>The faults of one run: injected at their times, taken back at its end.</summary>
internal sealed class RunFaults(FaultInjector injector)
{
    private readonly List<FaultReceipt> _receipts = [];

    /// <summary>What a record may tell of them: what a revert needs may hold secrets.</summary>
    public IReadOnlyList<FaultReceipt> Told => [.. _receipts.Select(r => r with { Values = new Dictionary<string, string>() })];

    public async Task InjectAsync(ScenarioFault fault, CancellationToken cancellationToken) =>
        _receipts.Add(await injector.InjectAsync(fault.Name, fault.Target, cancellationToken));

    /// <summary>Invariants that do not hold now, one sentence each.</summary>
    public static Task<IReadOnlyList<string>> CheckInvariantsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>What the faults say repairs them, as tasks of a plan.</summary>
    public static IReadOnlyList<PlanTask> Remedies() => [];

    /// <summary>Takes back whatever of the site's faults is on record. Idempotent.</summary>
    /// <exception cref="PlatformException">At least one could not be taken back.</exception>
    public Task RevertAsync(CancellationToken cancellationToken) => injector.RevertAsync(null, cancellationToken);
}

using System.Globalization;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Faults;
using Quorate.Harness.Scenarios;

namespace Quorate.Harness.Runs;

/// <summary>The faults of one run: injected at their times and verified, asked for their invariants and remedies, taken back at its end.</summary>
internal sealed class RunFaults(FaultInjector injector, TimeProvider time)
{
    private static readonly TimeSpan EffectLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private const int InvariantLooks = 3;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    private readonly List<FaultReceipt> _receipts = [];

    /// <summary>What a record may tell of them: what a revert needs may hold secrets and paths.</summary>
    public IReadOnlyList<FaultReceipt> Told => [.. _receipts.Select(r => r.Shown() with { ComposeFile = null, Owner = null })];

    /// <summary>Done when the fault has been seen to be in effect.</summary>
    /// <exception cref="PlatformException">It does not get into effect, which makes the run no experiment.</exception>
    public async Task InjectAsync(ScenarioFault fault, CancellationToken cancellationToken)
    {
        var receipt = await injector.InjectAsync(fault.Name, fault.Target, cancellationToken);
        _receipts.Add(receipt);
        var began = time.GetTimestamp();
        while (!await SiteFaultCatalog.Find(receipt.Name).IsInEffectAsync(injector.Context, receipt, cancellationToken))
        {
            if (time.GetElapsedTime(began) > EffectLimit)
            {
                throw new PlatformException($"fault {receipt.Name} on {receipt.Target} is not in effect after {EffectLimit.TotalSeconds:0} s", retryable: false);
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>Invariants that do not hold, one sentence each; each is asked several times, since one look may fall between two breaths of the fault.</summary>
    public async Task<IReadOnlyList<string>> CheckInvariantsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> broken = [];
        for (var look = 0; look < InvariantLooks && broken.Count == 0; look++)
        {
            await Task.Delay(look == 0 ? TimeSpan.Zero : BetweenLooks, time, cancellationToken);
            broken = await CheckOnceAsync(cancellationToken);
        }

        return broken;
    }

    private async Task<IReadOnlyList<string>> CheckOnceAsync(CancellationToken cancellationToken)
    {
        var broken = new List<string>();
        foreach (var receipt in _receipts)
        {
            try
            {
                if (await SiteFaultCatalog.Find(receipt.Name).CheckInvariantAsync(injector.Context, receipt, cancellationToken) is { } problem)
                {
                    broken.Add($"{receipt.Name}: {PlainText.Line(problem, 200)}");
                }
            }
            catch (PlatformException error)
            {
                broken.Add($"{receipt.Name}: its invariant cannot be checked: {PlainText.Line(error.Message, 200)}");
            }
        }

        return broken;
    }

    /// <summary>What the faults say repairs them, as tasks of a plan, each after the one before.</summary>
    public IReadOnlyList<PlanTask> Remedies()
    {
        var remedies = _receipts.SelectMany(r => SiteFaultCatalog.Find(r.Name).Remedies(injector.Context, r)).ToList();
        return
        [
            .. remedies.Select((remedy, i) => new PlanTask
            {
                TaskId = $"r{i + 1}",
                Type = remedy.Type,
                Target = remedy.Target,
                Args = remedy.Args.ToDictionary(a => a.Key, a => Typed(remedy.Type, a.Key, a.Value), StringComparer.Ordinal),
                Dependencies = i == 0 ? [] : [$"r{i}"],
                AssignedTo = TaskCatalog.Types.TryGetValue(remedy.Type, out var type) ? type.Agent : AgentNames.Action,
            }),
        ];
    }

    /// <summary>Takes back whatever of the site's faults is on record. Idempotent.</summary>
    /// <exception cref="PlatformException">At least one could not be taken back.</exception>
    public Task RevertAsync(CancellationToken cancellationToken) => injector.RevertAsync(null, cancellationToken);

    private static JsonElement Typed(string type, string name, string value)
    {
        var kind = TaskCatalog.Types.TryGetValue(type, out var spec) ? spec.Args.FirstOrDefault(a => a.Name == name)?.Kind : null;
        return kind is ArgKind.Integer or ArgKind.Number && decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? QuorateJson.ToElement(number)
            : QuorateJson.ToElement(value);
    }
}

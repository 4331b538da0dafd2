using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Agents;

/// <summary>Takes one effect back. Calling it again with the same key finishes the undo instead of repeating it.</summary>
public sealed class EffectUndoer(Site site, IPlatform platform)
{
    /// <summary>Puts values back; null where services cannot be asked.</summary>
    public ConfigurationWatch? Watch { get; init; }

    /// <param name="service">The target of the effect.</param>
    /// <param name="inverse">As recorded before the effect.</param>
    /// <param name="dataToken">From the effect's result; null when it repaired no data.</param>
    /// <param name="undoKey">Idempotency key of the undo.</param>
    /// <param name="intendedAt">When the undo was first intended.</param>
    /// <param name="cancellationToken">Ends the attempt; the undo stays resumable.</param>
    public async Task<TaskResult> UndoAsync(string service, InverseAction inverse, string? dataToken, string undoKey, DateTimeOffset intendedAt, CancellationToken cancellationToken)
    {
        if (site.Find(service) is not { } spec)
        {
            return ResultKeys.Refuse($"{service} is not a service of the site");
        }

        try
        {
            var before = await FindAsync(service, cancellationToken);
            if (inverse.UndoData && dataToken is not null)
            {
                await platform.UndoDataRepairAsync(service, dataToken, cancellationToken);
            }

            await UndoAsync(spec, inverse, before, undoKey, intendedAt, cancellationToken);
            Watch?.Forget();
            var after = await FindAsync(service, cancellationToken);
            return TaskResult.Ok(
                $"Took back the change to {service} ({Word(inverse)}).",
                ("before", before?.State), ("after", after?.State), ("effect_key", undoKey));
        }
        catch (PlatformException e)
        {
            return TaskResult.Fail($"The change to {service} could not be taken back ({Word(inverse)}): {e.Message}", ("effect_key", undoKey), (ResultKeys.Retryable, e.Retryable));
        }
    }

    private async Task UndoAsync(ServiceSpec spec, InverseAction inverse, ServiceObservation? before, string undoKey, DateTimeOffset intendedAt, CancellationToken cancellationToken)
    {
        var state = before?.State ?? ServiceState.Missing;
        switch (inverse.Kind)
        {
            case InverseKind.Stop when state is ServiceState.Running or ServiceState.Paused:
                await platform.StopAsync(spec.Name, cancellationToken);
                break;
            case InverseKind.Pause when state == ServiceState.Running:
                await platform.PauseAsync(spec.Name, cancellationToken);
                break;
            case InverseKind.Scale:
                await platform.ScaleAsync(spec.Name, inverse.Replicas ?? spec.Replicas, undoKey, cancellationToken);
                break;
            case InverseKind.Reconfigure when Watch is not null && inverse.Key is { } key:
                await Watch.UndoAsync(spec.Name, key, inverse.Value, cancellationToken);
                break;
            case InverseKind.Recreate:
                await platform.RecreateAsync(spec.Name, Former(spec, inverse), undoKey, intendedAt, cancellationToken);
                break;
        }
    }

    private Dictionary<string, string> Former(ServiceSpec spec, InverseAction inverse)
    {
        var environment = new Dictionary<string, string>(DriftDetector.DeclaredEnvironment(spec, platform.Name), StringComparer.Ordinal);
        foreach (var (name, value) in inverse.Environment ?? new Dictionary<string, string?>())
        {
            if (value is null)
            {
                environment.Remove(name);
            }
            else
            {
                environment[name] = value;
            }
        }

        return environment;
    }

    private async Task<ServiceObservation?> FindAsync(string service, CancellationToken cancellationToken) =>
        (await platform.ObserveAsync(cancellationToken)).FirstOrDefault(o => o.Name == service);

    private static string Word(InverseAction inverse) => inverse.Kind switch
    {
        InverseKind.Recreate => "recreated with its former environment",
        InverseKind.Reconfigure => $"{inverse.Key} as before",
        InverseKind.None => "data folders as before",
        _ => inverse.Kind.ToString().ToLowerInvariant(),
    };
}

using Quorate.Contracts.Plans;
using Quorate.Contracts.Sites;
using Quorate.Engine.Triage.Baseline;
using Quorate.Engine.Triage.Monitoring;

namespace Quorate.Engine.Triage.Agents;

public enum InverseKind
{
    /// <summary>Nothing to take back, or nothing that can be.</summary>
    None,
    Stop,
    Pause,

    /// <summary>Recreate with the environment that it had.</summary>
    Recreate,
    Scale,

    /// <summary>Put a value of the service's configuration to what it was.</summary>
    Reconfigure,
}

/// <summary>How one effect is taken back, decided and recorded before the effect.</summary>
public sealed record InverseAction
{
    public static readonly InverseAction None = new() { Kind = InverseKind.None };

    public required InverseKind Kind { get; init; }

    /// <summary>
    /// For Recreate: how the former environment differed from the declared one (null: the variable was absent).
    /// Only the differences are kept, so that the record holds no declared secret.
    /// </summary>
    public IReadOnlyDictionary<string, string?>? Environment { get; init; }

    /// <summary>For Scale: the former number of replicas.</summary>
    public int? Replicas { get; init; }

    /// <summary>For Reconfigure: which value, and what it was (null: absent). Never a secret.</summary>
    public string? Key { get; init; }
    public string? Value { get; init; }

    /// <summary>A data repair that this effect may contain is undone with the token that its result carries.</summary>
    public bool UndoData { get; init; }

    /// <summary>The inverse of a task for a service as it is observed now.</summary>
    public static InverseAction Of(PlanTask task, ServiceSpec spec, ServiceObservation? observed, string platform, ConfigurationView? view = null)
    {
        var state = observed?.State ?? ServiceState.Missing;
        return task.Type switch
        {
            "start" when state is ServiceState.Stopped or ServiceState.Missing => new() { Kind = InverseKind.Stop },
            "unpause" when state == ServiceState.Paused => new() { Kind = InverseKind.Pause },
            "scale" when observed is { Replicas: > 0 } && observed.Replicas != spec.Replicas => new() { Kind = InverseKind.Scale, Replicas = observed.Replicas },
            "set_env" => FormerEnvironment(spec, observed, platform),
            "reconcile" => Reconcile(spec, observed, state, platform),
            "restore_config" when view?.Find(spec.Name, task.Text("key") ?? "") is { } difference && view.Undoable.Contains(difference) =>
                new() { Kind = InverseKind.Reconfigure, Key = difference.Key, Value = difference.Actual },
            _ => None,
        };
    }

    private static InverseAction Reconcile(ServiceSpec spec, ServiceObservation? observed, ServiceState state, string platform)
    {
        var repairs = observed is { DataProblems.Count: > 0 };
        var inverse = state switch
        {
            ServiceState.Stopped or ServiceState.Missing => new() { Kind = InverseKind.Stop },
            ServiceState.Paused => new() { Kind = InverseKind.Pause },
            _ when observed!.Replicas > 0 && observed.Replicas != spec.Replicas => new() { Kind = InverseKind.Scale, Replicas = observed.Replicas },
            _ => FormerEnvironment(spec, observed, platform),
        };
        return inverse with { UndoData = repairs };
    }

    private static InverseAction FormerEnvironment(ServiceSpec spec, ServiceObservation? observed, string platform)
    {
        if (observed is null || observed.Environment.Count == 0)
        {
            return None;
        }

        var declared = DriftDetector.DeclaredEnvironment(spec, platform);
        var differences = declared.Where(d => observed.Environment.GetValueOrDefault(d.Key) != d.Value)
            .ToDictionary(d => d.Key, d => observed.Environment.GetValueOrDefault(d.Key), StringComparer.Ordinal);
        return differences.Count == 0 ? None : new() { Kind = InverseKind.Recreate, Environment = differences };
    }
}

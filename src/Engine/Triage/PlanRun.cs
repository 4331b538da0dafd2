using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Agents;

namespace Quorate.Engine.Triage;

/// <summary>What is known of one task's dispatches. The first envelope's hash and time identify the effect for good.</summary>
public sealed class TaskRun
{
    public string? EffectKey { get; internal set; }
    public DateTimeOffset IntendedAt { get; internal set; }
    public InverseAction Inverse { get; internal set; } = InverseAction.None;
    public string? EnvelopeHash { get; internal set; }
    public int Attempts { get; internal set; }
    public int Failures { get; internal set; }

    /// <summary>Set once the task is finished.</summary>
    public TaskResult? Result { get; internal set; }
    public double DurationMs { get; internal set; }

    /// <summary>What the panel decided about the action; null when it was not asked yet, or is not to be asked.</summary>
    public ApprovalRecorded? Approval { get; internal set; }

    /// <summary>What the panel decided about taking the effect back.</summary>
    public ApprovalRecorded? UndoApproval { get; internal set; }

    /// <summary>Set when an undo of the effect was intended; its Result when the undo is finished.</summary>
    public Undo? Undo { get; internal set; }
}

/// <summary>One committed plan and how far it has come.</summary>
public sealed class PlanRun(PlanCommitted committed)
{
    private readonly Dictionary<string, TaskRun> _tasks = committed.Plan.Tasks.ToDictionary(t => t.TaskId, _ => new TaskRun(), StringComparer.Ordinal);
    private readonly Dictionary<string, PlanTask> _specs = committed.Plan.Tasks.ToDictionary(t => t.TaskId, StringComparer.Ordinal);

    public PlanCommitted Committed { get; } = committed;

    public Plan Plan => Committed.Plan;

    public IReadOnlyList<PlanTask> Actions { get; } = [.. committed.Plan.Tasks.Where(t => TaskCatalog.ChangesWorld(t.Type))];

    public bool? Allowed { get; internal set; }

    /// <summary>The plan is carried out without a panel, and the ledger says so.</summary>
    public bool ApprovalOff { get; internal set; }

    /// <summary>Why actions of the plan were not approved, one sentence each. A plan is approved as a whole: with one of them refused nothing of it is done.</summary>
    public IReadOnlyList<string> Refusals =>
        [.. Actions.Select(t => _tasks[t.TaskId].Approval).Where(a => a is { Approved: false }).Select(a => $"the panel did not approve {a!.Type} of {a.Target}: {a.Reason}")];

    public bool IsRefused => Actions.Any(t => _tasks[t.TaskId].Approval is { Approved: false });
    public Verification? Verification { get; internal set; }
    public bool Triggered { get; internal set; }

    public TaskRun this[string taskId] => _tasks[taskId];

    public TaskRun? Find(string taskId) => _tasks.GetValueOrDefault(taskId);

    /// <summary>A dependency failed or was skipped, so the task never starts.</summary>
    public bool IsSkipped(PlanTask task) => task.Dependencies.Any(d => _tasks[d].Result is { Status: Contracts.Plans.TaskStatus.Fail } || (_tasks[d].Result is null && IsSkipped(_specs[d])));

    public bool IsFinished => Plan.Tasks.All(t => _tasks[t.TaskId].Result is not null || IsSkipped(t));

    public IReadOnlyDictionary<string, TaskResult> Results => Plan.Tasks.Where(t => _tasks[t.TaskId].Result is not null)
        .ToDictionary(t => t.TaskId, t => _tasks[t.TaskId].Result!, StringComparer.Ordinal);

    /// <summary>The plan's own check, which waits for the site to settle, saw it not hold.</summary>
    public bool CheckFailed => Plan.Tasks.Any(t => t.Type == "verify" && _tasks[t.TaskId].Result is { Status: Contracts.Plans.TaskStatus.Fail });

    public bool ActionFailed => Actions.Any(t => _tasks[t.TaskId].Result is { Status: Contracts.Plans.TaskStatus.Fail });

    /// <summary>Effects that can be taken back and are not kept, the newest first.</summary>
    public IReadOnlyList<(PlanTask Task, TaskRun Run)> UndoableEffects =>
    [
        .. Actions.Select(t => (Task: t, Run: _tasks[t.TaskId]))
            .Where(e => e.Run is { EffectKey: not null } && CanUndo(e.Run) && !(Verification?.Kept.Contains(e.Run.EffectKey!) ?? false))
            .OrderByDescending(e => e.Run.IntendedAt),
    ];

    public bool Undone => Actions.Any(t => _tasks[t.TaskId].Undo?.Result is { Status: Contracts.Plans.TaskStatus.Ok });

    /// <summary>Nothing is left to do for this plan: the next step is another proposal.</summary>
    public bool IsSettled => IsRefused || (IsFinished && (Verification is { Passed: false }
        ? Triggered && UndoableEffects.All(e => e.Run.Undo?.Result is not null)
        : Actions.Count == 0));

    private static bool CanUndo(TaskRun run) => run.Inverse.Kind != InverseKind.None || (run.Inverse.UndoData && run.Result?.FindDataToken() is not null);
}

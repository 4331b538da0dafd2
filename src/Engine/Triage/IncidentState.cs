using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Triage.Agents;
using Quorate.Engine.Triage.Planning;

namespace Quorate.Engine.Triage;

/// <summary>
/// Where an incident stands. It changes only by applying ledger records, so that folding the ledger after a crash gives
/// exactly the state that the dead process had. Not thread-safe; <see cref="IncidentJournal"/> guards it.
/// </summary>
public sealed class IncidentState
{
    private readonly List<PlanRun> _plans = [];
    private readonly List<QuestionAnswer> _answers = [];
    private readonly List<string> _questions = [];
    private readonly List<IReadOnlyList<string>> _denials = [];

    public IncidentOpened? Opened { get; private set; }

    /// <summary>Committed plans in order; of two with the same version the one that holds.</summary>
    public IReadOnlyList<PlanRun> Plans => _plans;

    public PlanRun? Current => _plans.Count == 0 ? null : _plans[^1];

    public int NextVersion => (Current?.Plan.PlanVersion ?? 0) + 1;

    public IReadOnlyList<QuestionAnswer> Answers => _answers;

    public IReadOnlyList<string> Questions => _questions;

    /// <summary>Asked and not answered.</summary>
    public ClarifyingTask? PendingQuestion { get; private set; }

    /// <summary>Proposals that the engine refused since the last commit.</summary>
    public int Refusals { get; private set; }

    /// <summary>A no-fault claim that the monitor has confirmed.</summary>
    public bool NoFaultConfirmed { get; private set; }

    /// <summary>No-fault claims that the monitor did not confirm, with what it saw.</summary>
    public IReadOnlyList<IReadOnlyList<string>> NoFaultDenials => _denials;

    /// <summary>What the newest verification that did not pass held against the site; null when there was none.</summary>
    public IReadOnlyList<string>? LastDeviations { get; private set; }

    public IncidentClosed? Closed { get; private set; }

    /// <summary>The highest envelope sequence number used.</summary>
    public long LastSeq { get; private set; }

    /// <summary>The state after all entries of one incident, in the ledger's order. Entries of other kinds do not change it.</summary>
    public static IncidentState Fold(IEnumerable<LedgerEntry> entries)
    {
        var state = new IncidentState();
        foreach (var entry in entries)
        {
            if (Read(entry) is { } record)
            {
                state.Apply(record);
            }
        }

        return state;
    }

    public void Apply(IncidentRecord record)
    {
        switch (record)
        {
            case IncidentOpened opened:
                Opened = opened;
                break;
            case PlanRejected { ByEngine: true }:
                Refusals++;
                break;
            case PlanCommitted committed:
                Commit(committed);
                break;
            case ApprovalRecorded approval when Find(approval.PlanId, approval.PlanVersion) is { } plan:
                Apply(approval, plan);
                break;
            case PlanConfirmed confirmed when Find(confirmed.PlanId, confirmed.PlanVersion) is { } plan:
                plan.Allowed = confirmed.Allowed;
                break;
            case TaskIntent intent:
                Apply(intent);
                break;
            case TaskOutcome outcome when Find(outcome.PlanId, outcome.PlanVersion)?.Find(outcome.TaskId) is { } task:
                Apply(outcome, task);
                break;
            case Verification verification:
                Apply(verification);
                break;
            case Trigger when Current is { } plan:
                plan.Triggered = true;
                break;
            case Undo undo when Current?.Find(undo.TaskId) is { } task:
                task.Undo = undo;
                break;
            case QuestionAsked asked:
                PendingQuestion = asked.Question;
                _questions.Add(asked.Question.Question);
                break;
            case QuestionAnswered answered:
                PendingQuestion = null;
                _answers.Add(new QuestionAnswer(answered.Question, answered.Answer));
                break;
            case IncidentClosed closed:
                Closed = closed;
                break;
        }
    }

    private PlanRun? Find(string planId, int version) => _plans.Find(p => p.Plan.PlanVersion == version && p.Plan.PlanId == planId);

    private void Commit(PlanCommitted committed)
    {
        var rival = _plans.FindIndex(p => p.Plan.PlanVersion == committed.Plan.PlanVersion);
        if (rival < 0)
        {
            _plans.Add(new PlanRun(committed));
            _plans.Sort((a, b) => PlanOrder.Instance.Compare(a.Plan, b.Plan));
        }
        else if (PlanOrder.Instance.Compare(committed.Plan, _plans[rival].Plan) > 0)
        {
            _plans[rival] = new PlanRun(committed);
        }

        Refusals = 0;
    }

    private void Apply(ApprovalRecorded approval, PlanRun plan)
    {
        if (approval.TaskId is null || plan.Find(approval.TaskId) is not { } task)
        {
            plan.ApprovalOff = approval.Mode == ApprovalRecorded.Off;
        }
        else if (approval.Undo)
        {
            task.UndoApproval = approval;
        }
        else
        {
            task.Approval = approval;
            if (!approval.Approved)
            {
                task.Result = ResultKeys.Refuse($"not approved: {approval.Reason}");
                LastDeviations = plan.Refusals;
            }
        }
    }

    private void Apply(TaskIntent intent)
    {
        var body = intent.Envelope.Body;
        LastSeq = Math.Max(LastSeq, body.Seq);
        if (Find(body.PlanId, body.PlanVersion)?.Find(body.Task.TaskId) is not { } task)
        {
            return;
        }

        if (task.EffectKey is null)
        {
            task.EffectKey = intent.EffectKey;
            task.IntendedAt = body.IntendedAt;
            task.Inverse = intent.Inverse ?? task.Inverse;
        }

        task.EnvelopeHash = intent.EnvelopeHash;
        task.Attempts = Math.Max(task.Attempts, body.Attempt);
    }

    private void Apply(Verification verification)
    {
        LastDeviations = verification.Passed ? LastDeviations : verification.Deviations;
        if (!verification.NoFaultClaim)
        {
            Current!.Verification = verification;
        }
        else if (verification.Passed)
        {
            NoFaultConfirmed = true;
        }
        else
        {
            _denials.Add(verification.Deviations);
        }
    }

    private static void Apply(TaskOutcome outcome, TaskRun task)
    {
        task.DurationMs = outcome.DurationMs;
        task.Failures += outcome.Result.Status == Contracts.Plans.TaskStatus.Fail ? 1 : 0;
        if (outcome.Final)
        {
            task.Result = outcome.Result;
        }
    }

    private static IncidentRecord? Read(LedgerEntry entry) => entry.Kind switch
    {
        LedgerKinds.IncidentOpened => entry.Read<IncidentOpened>(),
        LedgerKinds.PlanRejected => entry.Read<PlanRejected>(),
        LedgerKinds.PlanCommitted => entry.Read<PlanCommitted>(),
        LedgerKinds.Approval => entry.Read<ApprovalRecorded>(),
        LedgerKinds.PlanConfirmed => entry.Read<PlanConfirmed>(),
        LedgerKinds.TaskIntent => entry.Read<TaskIntent>(),
        LedgerKinds.TaskOutcome => entry.Read<TaskOutcome>(),
        LedgerKinds.Verification => entry.Read<Verification>(),
        LedgerKinds.Trigger => entry.Read<Trigger>(),
        LedgerKinds.Undo => entry.Read<Undo>(),
        LedgerKinds.Question => entry.Read<QuestionAsked>(),
        LedgerKinds.Answer => entry.Read<QuestionAnswered>(),
        LedgerKinds.IncidentClosed => entry.Read<IncidentClosed>(),
        _ => null,
    };
}

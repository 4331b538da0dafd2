using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Engine.Triage.Agents;
using Quorate.Protocol.Provenance;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>Told of each dispatch and of each finished task; called from several threads.</summary>
public sealed record ScheduleCallbacks(Action<PlanTask, int> Started, Action<PlanTask, TaskResult, double> Finished)
{
    public static readonly ScheduleCallbacks None = new((_, _) => { }, (_, _, _) => { });
}

/// <summary>
/// Carries one task through: intent into the ledger, signed envelope to an agent, outcome into the ledger, retries with
/// exponential backoff. Every attempt has an envelope of its own and the same idempotency key: the first one's hash.
/// </summary>
public sealed class TaskDispatcher(
    AgentPool pool,
    IKeyRing keys,
    Func<PlanTask, CancellationToken, Task<InverseAction>> findInverse,
    SchedulerOptions options,
    int seed,
    TimeProvider time)
{
    private const int NonceBytes = 16;
    private const double MaxJitter = 0.2;

    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    /// <summary>The task's final result, durable when this completes.</summary>
    public async Task<TaskResult> RunAsync(PlanRun run, PlanTask task, IncidentJournal journal, ScheduleCallbacks callbacks, CancellationToken cancellationToken)
    {
        var state = run[task.TaskId];
        var inverse = TaskCatalog.ChangesWorld(task.Type) && state.EffectKey is null ? await findInverse(task, cancellationToken) : null;
        var hangs = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var envelope = Seal(run, task, state, journal);
            var hash = EnvelopeSealer.Hash(envelope);
            callbacks.Started(task, envelope.Body.Attempt);
            var began = time.GetTimestamp();
            var answer = await DispatchAsync(new TaskIntent(envelope, hash, state.EffectKey ?? hash, inverse), journal, cancellationToken);
            hangs += answer.Hung ? 1 : 0;
            var final = IsFinal(answer, state, envelope.Body.Attempt, hangs);
            var elapsed = time.GetElapsedTime(began).TotalMilliseconds;
            var outcome = new TaskOutcome(run.Plan.PlanId, run.Plan.PlanVersion, task.TaskId, hash, envelope.Body.Attempt, final, elapsed, answer.Result);
            // Not cancellable: what has been done must be known after an interruption.
            await journal.AppendAsync(outcome, envelope.Body.DecisionTag, CancellationToken.None);
            if (final)
            {
                callbacks.Finished(task, answer.Result, time.GetElapsedTime(began).TotalMilliseconds);
                return answer.Result;
            }

            if (!answer.Hung)
            {
                await Task.Delay(BackoffAfter(state.Failures), time, cancellationToken);
            }
        }
    }

    private async Task<DispatchResult> DispatchAsync(TaskIntent intent, IncidentJournal journal, CancellationToken cancellationToken)
    {
        var body = intent.Envelope.Body;
        var recording = journal.AppendAsync(intent, body.DecisionTag, CancellationToken.None);
        if (TaskCatalog.ChangesWorld(body.Task.Type))
        {
            await recording;
            return await pool.RunAsync(intent.Envelope, intent.EnvelopeHash, journal, cancellationToken);
        }

        // A task that only looks may look while its intent is being written.
        try
        {
            return await pool.RunAsync(intent.Envelope, intent.EnvelopeHash, journal, cancellationToken);
        }
        finally
        {
            await recording;
        }
    }

    private Envelope Seal(PlanRun run, PlanTask task, TaskRun state, IncidentJournal journal)
    {
        var now = time.GetUtcNow();
        var version = keys.CurrentHmacVersion;
        var key = keys.FindHmacKey(version) ?? throw QuorateException.Missing("hmac_key_missing", $"the key ring has no HMAC key of version {version}");
        var body = new EnvelopeBody
        {
            IncidentId = journal.IncidentId,
            PlanId = run.Plan.PlanId,
            PlanVersion = run.Plan.PlanVersion,
            Task = task,
            DecisionTag = run.Committed.Tag,
            Attempt = state.Attempts + 1,
            IdempotencyKey = state.EffectKey,
            IntendedAt = state.EffectKey is null ? now : state.IntendedAt,
            Timestamp = now,
            Nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NonceBytes)),
            Seq = journal.NextSeq(),
            Certificate = state.Approval?.Certificate,
        };
        return EnvelopeSealer.Seal(body, version, key);
    }

    /// <summary>A hung agent's task gets one fresh host; a failed one its retries; none gets more dispatches than the limit over all restarts.</summary>
    private bool IsFinal(DispatchResult answer, TaskRun state, int attempt, int hangs)
    {
        if (answer.Result.Status == Contracts.Plans.TaskStatus.Ok || attempt >= options.MaxDispatches)
        {
            return true;
        }

        return answer.Hung ? hangs > 1 : !answer.Result.IsRetryable() || state.Failures >= options.MaxRetries;
    }

    /// <param name="failures">1 after the first failure.</param>
    private TimeSpan BackoffAfter(int failures)
    {
        double jitter;
        lock (_gate)
        {
            jitter = _random.NextDouble() * MaxJitter;
        }

        return options.Backoff * Math.Pow(2, Math.Max(0, failures - 1)) * (1 + jitter);
    }
}

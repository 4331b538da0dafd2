using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Quorate.Contracts.Plans;

namespace Quorate.Engine.Triage.Scheduling;

/// <summary>
/// Carries a committed plan out: dependency order, independent tasks in parallel up to a limit. Deterministic in what it
/// starts and when; what tasks find is the world's. A failed task's dependants are skipped, the others go on.
/// </summary>
public sealed class PlanScheduler(TaskDispatcher dispatcher, int maxParallel)
{
    /// <summary>
    /// Returns when every task is finished or skipped. On cancellation, or when the ledger fails, nothing more is started,
    /// what runs is waited for, and the plan can be resumed by calling this again.
    /// </summary>
    public async Task RunAsync(PlanRun run, IncidentJournal journal, ScheduleCallbacks callbacks, CancellationToken cancellationToken)
    {
        var board = new TaskBoard(run);
        // Holds at most maxParallel entries: one for each running task.
        var finished = Channel.CreateUnbounded<Ended>(new UnboundedChannelOptions { SingleReader = true });
        var running = 0;
        ExceptionDispatchInfo? failure = null;
        while (true)
        {
            while (failure is null && !cancellationToken.IsCancellationRequested && running < maxParallel && board.TakeReady() is { } task)
            {
                running++;
                _ = Task.Run(() => RunOneAsync(task), CancellationToken.None);
            }

            if (running == 0)
            {
                break;
            }

            var ended = await finished.Reader.ReadAsync(CancellationToken.None);
            running--;
            failure ??= ended.Failure;
            board.Finish(ended.Task, ended.Succeeded);
        }

        failure?.Throw();
        cancellationToken.ThrowIfCancellationRequested();

        async Task RunOneAsync(PlanTask task)
        {
            try
            {
                var result = await dispatcher.RunAsync(run, task, journal, callbacks, cancellationToken);
                finished.Writer.TryWrite(new Ended(task, result.Status == Contracts.Plans.TaskStatus.Ok, null));
            }
            catch (Exception e)
            {
                finished.Writer.TryWrite(new Ended(task, false, ExceptionDispatchInfo.Capture(e)));
            }
        }
    }

    private readonly record struct Ended(PlanTask Task, bool Succeeded, ExceptionDispatchInfo? Failure);
}

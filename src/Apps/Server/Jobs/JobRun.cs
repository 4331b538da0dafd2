using Microsoft.Extensions.Logging;
using Quorate.Contracts;
using Quorate.Contracts.Asking;
using Quorate.Engine.Ask;
using Quorate.Server.Metrics;

namespace Quorate.Server.Jobs;

/// <summary>One job while this server holds it.</summary>
internal sealed class JobRun(AskJob job, string owner, ServerSettings settings, ServerParts parts, ServerMetrics metrics, ILogger log) : IDisposable
{
    /// <summary>A job that so many servers began and none ended takes servers down: it is given up.</summary>
    private const int MaxAttempts = 3;

    private const int MaxWrites = 5;

    /// <summary>Between two looks at the progress.</summary>
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan WriteAgainAfter = TimeSpan.FromSeconds(1);

    // Cancelled when the job is no longer ours: its user or another server has it.
    private readonly CancellationTokenSource _lost = new();
    private readonly JobProgress _progress = new();

    public void Cancel() => _lost.Cancel();

    public void Dispose() => _lost.Dispose();

    /// <param name="stopping">The server stops: the job goes back to the queue.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (job.Attempts > MaxAttempts)
        {
            await FailAsync("job_abandoned", $"{MaxAttempts} servers began this question and none of them ended it");
            return;
        }

        var began = parts.Time.GetTimestamp();
        using var timeout = new CancellationTokenSource(settings.JobTimeout, parts.Time);
        using var work = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token, _lost.Token);
        using var done = new CancellationTokenSource();
        var lease = KeepLeaseAsync(done.Token);
        try
        {
            var result = await parts.Ask.AskAsync(job.JobId, job.Request, _progress, work.Token);
            await CompleteAsync(result);
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            await StopAsync(stopping.IsCancellationRequested, timeout.IsCancellationRequested);
        }
        catch (QuorateException error)
        {
            await FailAsync(error.Code, error.Hint is null ? error.Message : $"{error.Message} ({error.Hint})");
        }
        catch (Exception error)
        {
            log.LogError(error, "A defect running {Job}", job.JobId);
            await FailAsync("internal", "this is a defect of Quorate; the server's log says more");
        }
        finally
        {
            await done.CancelAsync();
            await lease;
            metrics.JobSeconds.Record(parts.Time.GetElapsedTime(began).TotalSeconds);
        }
    }

    private async Task StopAsync(bool stopping, bool timeUp)
    {
        if (_lost.IsCancellationRequested)
        {
            metrics.CountJob("cancelled");
        }
        else if (timeUp)
        {
            await FailAsync("job_timeout", $"the question took longer than {settings.JobTimeout.TotalSeconds:0.###} s");
        }
        else if (stopping)
        {
            await WriteAsync(async () =>
            {
                await parts.Jobs.ReleaseAsync(job.JobId, owner, CancellationToken.None);
                return true;
            });
        }
    }

    private async Task CompleteAsync(AskResult result)
    {
        // The store knows the job by its own id, whatever the engine made of it.
        if (await WriteAsync(() => parts.Jobs.CompleteAsync(owner, result with { JobId = job.JobId }, CancellationToken.None)))
        {
            metrics.CountJob("done");
            metrics.CountCalls(result);
        }
    }

    private async Task FailAsync(string code, string message)
    {
        if (await WriteAsync(() => parts.Jobs.FailAsync(job.JobId, owner, new AskJobError(code, PlainText.Clean(message, 2_000)), CancellationToken.None)))
        {
            metrics.CountJob("failed");
        }
    }

    /// <summary>Writes how the job ended; a store that is locked gets a few more tries. A job whose end is not written is taken up again when its lease is over.</summary>
    private async Task<bool> WriteAsync(Func<Task<bool>> write)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await write();
            }
            catch (QuorateException error) when (attempt < MaxWrites)
            {
                log.LogWarning("The end of {Job} could not be written yet: {Reason}", job.JobId, error.Message);
                await Task.Delay(WriteAgainAfter, parts.Time);
            }
            catch (QuorateException error)
            {
                log.LogError(error, "The end of {Job} could not be written", job.JobId);
                return false;
            }
        }
    }

    /// <summary>Renews the lease and reports progress; stops the work when the job is somebody else's, or may be.</summary>
    private async Task KeepLeaseAsync(CancellationToken done)
    {
        var (written, at) = (parts.Time.GetTimestamp(), _progress.At);
        try
        {
            using var timer = new PeriodicTimer(ReportEvery < settings.Lease / 3 ? ReportEvery : settings.Lease / 3, parts.Time);
            while (await timer.WaitForNextTickAsync(done))
            {
                var age = parts.Time.GetElapsedTime(written);
                var now = _progress.At;
                if (now == at && age < settings.Lease / 3)
                {
                    continue;
                }

                if (await TryRenewAsync(now, done) is { } held)
                {
                    (written, at) = (parts.Time.GetTimestamp(), now);
                    age = held ? TimeSpan.Zero : settings.Lease;
                }

                if (age >= settings.Lease)
                {
                    await _lost.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The work has ended.
        }
    }

    /// <summary>Null when the store could not be asked.</summary>
    private async Task<bool?> TryRenewAsync((string Stage, int Percent) at, CancellationToken done)
    {
        try
        {
            return await parts.Jobs.RenewAsync(job.JobId, owner, settings.Lease, at.Stage, at.Percent, done);
        }
        catch (QuorateException error)
        {
            log.LogWarning("The lease of {Job} could not be renewed: {Reason}", job.JobId, error.Message);
            return null;
        }
    }
}

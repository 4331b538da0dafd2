using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quorate.Contracts;
using Quorate.Engine.Ask;
using Quorate.Server.Metrics;

namespace Quorate.Server.Jobs;

/// <summary>Takes questions from the store and runs them, some at once. Several servers on one store share the work.</summary>
internal sealed class JobRunner(ServerSettings settings, ServerParts parts, ServerMetrics metrics, ILogger<JobRunner> log) : BackgroundService
{
    /// <summary>How often to look for jobs that other servers left.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>How often to drop members' answers that nobody needs any more.</summary>
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, JobRun> _running = new(StringComparer.Ordinal);

    /// <summary>There may be something to do.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Stops the job if it runs here; the store says already that it is cancelled or gone.</summary>
    public void Cancel(string jobId)
    {
        if (_running.TryGetValue(jobId, out var run))
        {
            try
            {
                run.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has ended in this moment.
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var runs = new List<Task>();
        try
        {
            DateTimeOffset? pruned = null;
            while (true)
            {
                if (pruned is null || parts.Time.GetUtcNow() - pruned > PruneEvery)
                {
                    await PruneAsync(stoppingToken);
                    pruned = parts.Time.GetUtcNow();
                }

                runs.RemoveAll(r => r.IsCompleted);
                if (runs.Count < settings.JobsAtOnce && await TryClaimAsync(stoppingToken) is var (job, owner))
                {
                    runs.Add(RunAsync(job, owner, stoppingToken));
                }
                else
                {
                    await WaitAsync(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(runs);
        }
    }

    private async Task RunAsync(AskJob job, string owner, CancellationToken stopping)
    {
        using var run = new JobRun(job, owner, settings, parts, metrics, log);
        // Held twice when this server let its own lease run out: the store takes the end from the newer run alone.
        var listed = _running.TryAdd(job.JobId, run);
        try
        {
            await run.RunAsync(stopping);
        }
        catch (Exception error)
        {
            log.LogError(error, "A defect ending {Job}", job.JobId);
        }
        finally
        {
            if (listed)
            {
                _running.TryRemove(job.JobId, out _);
            }

            Wake();
        }
    }

    private async Task<(AskJob Job, string Owner)?> TryClaimAsync(CancellationToken stopping)
    {
        try
        {
            var owner = parts.Ids.Next("run");
            return await parts.Jobs.ClaimAsync(owner, settings.Lease, stopping) is { } job ? (job, owner) : null;
        }
        catch (QuorateException error)
        {
            log.LogWarning("No job could be taken: {Reason}", error.Message);
            return null;
        }
    }

    private async Task PruneAsync(CancellationToken stopping)
    {
        try
        {
            await parts.Jobs.PruneAsync(stopping);
        }
        catch (QuorateException error)
        {
            log.LogWarning("Old answers could not be dropped: {Reason}", error.Message);
        }
    }

    private async Task WaitAsync(CancellationToken stopping)
    {
        using var look = new CancellationTokenSource(LookEvery, parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, look.Token);
        try
        {
            await _wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // Time to look.
        }
    }
}

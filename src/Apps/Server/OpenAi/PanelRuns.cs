using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Quorate.Contracts.Asking;
using Quorate.Server.Metrics;

namespace Quorate.Server.OpenAi;

/// <summary>How a request is told from its repetitions.</summary>
/// <param name="UserId">Whose it is: nobody joins somebody else's.</param>
/// <param name="Key">The Idempotency-Key; null for none.</param>
/// <param name="BodyHash">Names a request without a key.</param>
/// <param name="Retry">How often the client has repeated it, as OpenAI's libraries say; null when it does not say.</param>
internal sealed record PanelTicket(long UserId, string? Key, string BodyHash, int? Retry)
{
    public string Name => Key is null ? $"{UserId} body {BodyHash}" : $"{UserId} key {Key}";

    public bool MayReturn => Key is not null || Retry is not null;

    public bool MayJoin => Key is not null || Retry > 0;
}

/// <summary>
/// Questions to the panel that run, and answers that a client may come back for. A request that repeats another gets its answer, so the
/// panel is asked and billed once; one that repeats a failed request takes up its job, so that members who have answered are not asked again.
/// </summary>
internal sealed class PanelRuns(ServerSettings settings, ServerParts parts, ServerMetrics metrics, IHostApplicationLifetime lifetime)
{
    /// <summary>Questions under way at once.</summary>
    public const int MaxRunning = 64;

    private const int MaxKept = 512;

    /// <summary>How long an answer waits for its client to ask again.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(5);

    /// <summary>How long the work goes on without anybody waiting, when its client repeats requests; they begin again after half a second.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PanelRun> _runs = new(StringComparer.Ordinal);
    private int _running;

    /// <summary>The run to wait for, to be left again; or why there is none.</summary>
    public (PanelRun? Run, OpenAiError? Error) Enter(PanelTicket ticket, AskRequest request)
    {
        lock (_gate)
        {
            var known = _runs.GetValueOrDefault(ticket.Name);
            if (known is not null && known.BodyHash != ticket.BodyHash)
            {
                return (null, new OpenAiError(StatusCodes.Status400BadRequest, "idempotency_key_reused", "Idempotency-Key: it came with another body before; use a new one for each request"));
            }

            if (known is not null && ticket.MayJoin && (known.Result.IsCompletedSuccessfully || (!known.Result.IsCompleted && !known.Ending.IsCancellationRequested)))
            {
                known.Waiting++;
                return (known, null);
            }

            if (_running == MaxRunning)
            {
                return (null, new OpenAiError(StatusCodes.Status429TooManyRequests, "panel_busy", $"{MaxRunning} questions are under way already") { RetryAfter = TimeSpan.FromSeconds(1) });
            }

            return (Begin(ticket, request, ticket.MayJoin ? known?.JobId : null), null);
        }
    }

    /// <summary>Its waiter has the answer, or has gone: when nobody is left the work ends, at once or after a while.</summary>
    public void Leave(PanelRun run)
    {
        lock (_gate)
        {
            if (--run.Waiting > 0 || run.Result.IsCompleted)
            {
                return;
            }

            if (!run.MayReturn)
            {
                run.Ending.Cancel();
                return;
            }
        }

        _ = EndUnlessWantedAsync(run);
    }

    private PanelRun Begin(PanelTicket ticket, AskRequest request, string? jobId)
    {
        var run = new PanelRun(jobId ?? parts.Ids.Next("job"), ticket.BodyHash, ticket.MayReturn) { Waiting = 1 };
        _running++;
        run.Result = Task.Run(() => AskAsync(ticket.Name, run, request));
        if (ticket.MayReturn)
        {
            if (_runs.Count >= MaxKept && _runs.FirstOrDefault(r => r.Value.Result.IsCompleted).Key is { } oldest)
            {
                _runs.Remove(oldest);
            }

            _runs[ticket.Name] = run;
        }

        return run;
    }

    private async Task<AskResult> AskAsync(string name, PanelRun run, AskRequest request)
    {
        using var timer = new CancellationTokenSource(settings.JobTimeout, parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(run.Ending.Token, timer.Token, lifetime.ApplicationStopping);
        try
        {
            var result = await parts.Ask.AskAsync(run.JobId, request, run, either.Token);
            metrics.CountCalls(result);
            return result;
        }
        catch (OperationCanceledException error) when (timer.IsCancellationRequested && !run.Ending.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new TimeoutException($"the panel took longer than {settings.JobTimeout.TotalSeconds:0.###} s", error);
        }
        finally
        {
            lock (_gate)
            {
                _running--;
            }

            if (run.MayReturn)
            {
                _ = ForgetAsync(name, run);
            }
        }
    }

    private async Task EndUnlessWantedAsync(PanelRun run)
    {
        await Task.WhenAny(run.Result, Task.Delay(Linger, parts.Time));
        lock (_gate)
        {
            if (run.Waiting == 0 && !run.Result.IsCompleted)
            {
                run.Ending.Cancel();
            }
        }
    }

    private async Task ForgetAsync(string name, PanelRun run)
    {
        try
        {
            await Task.Delay(KeptFor, parts.Time, lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            // The server stops: nothing is kept any more.
        }

        lock (_gate)
        {
            if (_runs.GetValueOrDefault(name) == run)
            {
                _runs.Remove(name);
            }
        }
    }
}

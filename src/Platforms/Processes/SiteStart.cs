using System.Collections.Concurrent;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>One run of bringing a site up: each service as soon as what it depends on is ready; all failures told together.</summary>
internal sealed class SiteStart(
    Site site,
    ServiceControl control,
    ProcessFinder finder,
    ProcessStarter starter,
    Readiness readiness,
    ServiceLogs logs,
    TimeProvider time,
    IProgress<string>? progress,
    CancellationToken cancellationToken)
{
    private const string UpEffect = "up";
    private const int ErrorLines = 12;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxCompletion = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Task<bool>> _started = [];
    private readonly Dictionary<string, Task<bool>> _healthy = [];
    private readonly ConcurrentQueue<string> _failures = new();

    /// <summary>Called in dependency order, so that what a service waits for is already there.</summary>
    public void Begin(ServiceSpec service)
    {
        var waits = service.DependsOn.Where(d => _started.ContainsKey(d.Service)).Select(WaitFor).ToList();
        var started = StartAsync(service, waits);
        _started[service.Name] = Task.Run(async () => await started is not null, cancellationToken);
        var demanded = site.Services.Any(s => s.DependsOn.Any(d => d.Service == service.Name && d.Condition == "service_healthy"));
        _healthy[service.Name] = BecomeHealthyAsync(service, started, demanded);
    }

    public async Task FinishAsync()
    {
        await Task.WhenAll(_started.Values.Concat(_healthy.Values));
        if (!_failures.IsEmpty)
        {
            throw QuorateException.Missing("site_not_up", string.Join("\n", _failures), "The services that did start were left running.");
        }
    }

    private Task<bool> WaitFor(ServiceDependency dependency) => dependency.Condition switch
    {
        "service_healthy" => _healthy[dependency.Service],
        "service_completed_successfully" => CompleteAsync(dependency.Service, _started[dependency.Service]),
        _ => _started[dependency.Service],
    };

    /// <summary>True: started now; false: it ran already; null: it could not be.</summary>
    private async Task<bool?> StartAsync(ServiceSpec service, List<Task<bool>> waits)
    {
        var ready = await Task.WhenAll(waits);
        if (ready.Contains(false))
        {
            progress?.Report($"{service.Name}: not started, because what it depends on is not ready");
            return null;
        }

        if (service.Replicas == 0)
        {
            progress?.Report($"{service.Name}: not started, because it is declared with no replicas");
            return false;
        }

        try
        {
            var now = await control.StartAsync(service.Name, UpEffect, cancellationToken);
            progress?.Report($"{service.Name}: {(now ? "started" : "runs already")}");
            return now;
        }
        catch (PlatformException e)
        {
            Fail(service.Name, e.Message);
            return null;
        }
    }

    private async Task<bool> BecomeHealthyAsync(ServiceSpec service, Task<bool?> starting, bool demanded)
    {
        var started = await starting;
        if (started is null)
        {
            return false;
        }

        if (started == false && !demanded)
        {
            return true;
        }

        var began = time.GetTimestamp();
        if (await readiness.WaitAsync(service, cancellationToken) is { } why)
        {
            var tail = logs.ReadTailText(service.Name, 0, ErrorLines);
            Fail(service.Name, $"{service.Name}: {why}{(tail.Length > 0 ? $"; its log ends:\n{tail}" : "; its log is empty")}");
            return false;
        }

        if (service.Health is not null)
        {
            progress?.Report($"{service.Name}: healthy after {time.GetElapsedTime(began).TotalSeconds:0.0} s");
        }

        return true;
    }

    private async Task<bool> CompleteAsync(string service, Task<bool> started)
    {
        if (!await started)
        {
            return false;
        }

        var began = time.GetTimestamp();
        while (finder.Find(service).Root is not null)
        {
            if (time.GetElapsedTime(began) > MaxCompletion)
            {
                Fail(service, $"{service}: did not complete within {MaxCompletion.TotalMinutes:0} min");
                return false;
            }

            await Task.Delay(Poll, time, cancellationToken);
        }

        starter.KeepExitCode(service);
        if (starter.FindExitCode(service) is { } code and not 0)
        {
            Fail(service, $"{service}: completed with exit code {code}: {logs.ReadTailText(service, 0, ErrorLines)}");
            return false;
        }

        return true;
    }

    private void Fail(string service, string message)
    {
        progress?.Report($"{service}: failed");
        _failures.Enqueue(message);
    }
}

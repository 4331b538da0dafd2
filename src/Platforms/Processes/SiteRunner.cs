using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>Brings a whole site up in dependency order and down in reverse, independent services at once.</summary>
internal sealed class SiteRunner(Site site, ServiceControl control, ProcessFinder finder, ProcessStarter starter, Readiness readiness, ServiceLogs logs, TimeProvider time)
{
    public async Task UpAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var run = new SiteStart(site, control, finder, starter, readiness, logs, time, progress, cancellationToken);
        foreach (var service in Order())
        {
            run.Begin(service);
        }

        await run.FinishAsync();
    }

    public async Task DownAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var stopping = new Dictionary<string, Task>();
        foreach (var service in Order().AsEnumerable().Reverse())
        {
            var dependants = site.Services.Where(s => s.DependsOn.Any(d => d.Service == service.Name)).Select(s => stopping[s.Name]).ToList();
            stopping[service.Name] = StopAfterAsync(service.Name, dependants, progress, cancellationToken);
        }

        await Task.WhenAll(stopping.Values);
        foreach (var forgotten in finder.FindAll().Keys.Except(stopping.Keys))
        {
            await StopAfterAsync(forgotten, [], progress, cancellationToken);
        }
    }

    private async Task StopAfterAsync(string service, List<Task> dependants, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        await Task.WhenAll(dependants);
        await control.StopAsync(service, cancellationToken);
        progress?.Report($"{service}: stopped");
    }

    /// <summary>Dependencies first, else the file's order.</summary>
    private List<ServiceSpec> Order()
    {
        var ordered = new List<ServiceSpec>();
        while (ordered.Count < site.Services.Count)
        {
            var next = site.Services.FirstOrDefault(s => !ordered.Contains(s) && s.DependsOn.All(d => site.Find(d.Service) is not { } other || ordered.Contains(other)))
                ?? throw QuorateException.Input("compose_invalid", $"the services of {site.ComposeFile} depend on each other in a circle");
            ordered.Add(next);
        }

        return ordered;
    }
}

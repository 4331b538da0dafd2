using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Docker;

namespace Quorate.Platforms.Services;

/// <summary>Asks every container of a site, all at once and each with a deadline. What software one runs is told by its processes. Thread-safe.</summary>
internal sealed class SiteInspector(Site site, IPlatform platform, SiteContainers containers, EngineClient engine, SecretDigest digest, TimeProvider time) : ISiteInspector
{
    private const double NanosPerCore = 1e9;
    private static readonly string[] NetworkAreas = ["firewall", "qdisc"];

    private readonly SoftwareFinder _software = new(engine, platform);
    private readonly NetworkInspector _network = new(digest);

    public async Task<SiteConfiguration> CaptureAsync(TimeSpan patience, CancellationToken cancellationToken, string? only = null)
    {
        var at = time.GetUtcNow();
        var found = (await containers.FindAsync(only, cancellationToken)).ToLookup(c => c.Service);
        return new SiteConfiguration
        {
            TakenAt = at,
            Services = await Task.WhenAll(site.Services.Where(s => only is null || s.Name == only).Select(s => CaptureAsync(s, Choose(found[s.Name]), patience, cancellationToken))),
        };
    }

    public bool CanRestore(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all) =>
        site.Find(difference.Service) is { } spec
        && (difference.Area == "resource" ? Update(difference) is not null
            : NetworkAreas.Contains(difference.Area, StringComparer.Ordinal) ? NetworkInspector.CanRestore(difference)
            : _software.Known(spec)?.CanRestore(difference, all) == true);

    public async Task<ConfigurationRestored?> RestoreAsync(ConfigurationDifference difference, IReadOnlyList<ConfigurationDifference> all, CancellationToken cancellationToken)
    {
        var (spec, container) = await FindAsync(difference.Service, cancellationToken);
        if (difference.Area == "resource")
        {
            if (Update(difference) is not { } update)
            {
                return null;
            }

            await engine.PostAsync<object>($"containers/{container.Id}/update", update, cancellationToken);
            return new ConfigurationRestored($"{difference.Key} put back to {difference.Healthy}");
        }

        if (NetworkAreas.Contains(difference.Area, StringComparer.Ordinal))
        {
            if (!NetworkInspector.CanRestore(difference))
            {
                return null;
            }

            await _network.RestoreAsync(container.State.Pid, difference, cancellationToken);
            return new ConfigurationRestored($"{difference.Key} taken back");
        }

        return await _software.FindAsync(spec, container, cancellationToken) is { } software ? await software.RestoreAsync(difference, all, cancellationToken) : null;
    }

    public async Task<string?> EndSessionsAsync(string service, CancellationToken cancellationToken)
    {
        var (spec, container) = await FindAsync(service, cancellationToken);
        return await _software.FindAsync(spec, container, cancellationToken) is { } software ? await software.EndSessionsAsync(cancellationToken) : null;
    }

    /// <summary>Null when the Engine cannot set it back while the container runs: a limit cannot be lifted altogether.</summary>
    internal static ResourceUpdate? Update(ConfigurationDifference difference) => (difference.Key, double.TryParse(difference.Healthy, out var value)) switch
    {
        ("resource/cpus", true) when value > 0 => new ResourceUpdate((long)Math.Round(value * NanosPerCore), 0, 0, 0, 0),
        // Swap is what is allowed beside memory; both have to be said together, and twice the memory is Compose's default.
        ("resource/memory", true) when value > 0 => new ResourceUpdate(0, 0, 0, (long)value, 2 * (long)value),
        _ => null,
    };

    private async Task<ServiceConfiguration> CaptureAsync(ServiceSpec spec, ContainerInspection? container, TimeSpan patience, CancellationToken cancellationToken)
    {
        var inspection = new Inspection(digest);
        var kind = "container";
        string? failure = container is null ? "it has no container" : container.Running ? null : $"it is {container.State.Status}";
        if (container is not null)
        {
            ContainerInspector.Read(container, spec, inspection);
        }

        // It would not answer, and only the wait would show.
        failure ??= inspection.Conditions.Any(c => c.Kind == ConditionKinds.ProcessStopped) ? "a process of it is stopped" : null;
        if (failure is null)
        {
            using var deadline = new CancellationTokenSource(patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                await NetworkInspector.ReadAsync(container!.State.Pid, inspection, either.Token);
                var software = await _software.FindAsync(spec, container, either.Token);
                kind = software?.Kind ?? kind;
                await (software?.ReadAsync(inspection, either.Token) ?? Task.CompletedTask);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                failure = $"it did not answer within {patience.TotalSeconds:0} s";
            }
            catch (PlatformException refused)
            {
                failure = PlainText.Line(refused.Message, 300);
            }
        }

        return new ServiceConfiguration { Service = spec.Name, Kind = kind, Items = inspection.Items, Conditions = inspection.Conditions, Areas = inspection.Areas, Failure = failure };
    }

    private static ContainerInspection? Choose(IEnumerable<ContainerInspection> found) => found.OrderBy(c => c.Running ? 0 : c.Paused ? 1 : 2).ThenByDescending(c => c.Created).FirstOrDefault();

    private async Task<(ServiceSpec Spec, ContainerInspection Container)> FindAsync(string service, CancellationToken cancellationToken)
    {
        var spec = site.Find(service) ?? throw new PlatformException($"{service} is not a service of the site", retryable: false);
        return Choose(await containers.FindAsync(service, cancellationToken)) is { Running: true } container ? (spec, container)
            : throw new PlatformException($"{service} is not running, so nothing of it can be changed", retryable: true);
    }
}

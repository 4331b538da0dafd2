using System.Collections.Concurrent;
using Quorate.Contracts.Sites;
using Quorate.Platforms.Docker;

namespace Quorate.Platforms.Services;

/// <summary>Tells from a container's processes what software runs in it. The same container is asked once.</summary>
internal sealed class SoftwareFinder(EngineClient engine, IPlatform platform)
{
    private const int MaxKnown = 1_000;
    private readonly ConcurrentDictionary<string, string> _kinds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _kindOfService = new(StringComparer.Ordinal);

    /// <summary>As it was found last; null when it is none of those that can be asked.</summary>
    public ISoftwareInspector? Known(ServiceSpec spec) => Create(_kindOfService.GetValueOrDefault(spec.Name) ?? FromImage(spec.Image), spec);

    public async Task<ISoftwareInspector?> FindAsync(ServiceSpec spec, ContainerInspection container, CancellationToken cancellationToken)
    {
        // The same container started again may run something else only when its command does.
        var key = container.Id;
        if (!_kinds.TryGetValue(key, out var kind))
        {
            // The Engine runs ps for every container; where it is here, the kernel tells the same at once.
            kind = KindOf(ContainerProcesses.Commands(container.State.Pid, container.Id) is { Count: > 0 } commands
                ? commands : CommandsOf(await engine.GetAsync<ProcessList>($"containers/{container.Id}/top", cancellationToken)));
            if (kind.Length > 0 && _kinds.Count < MaxKnown)
            {
                _kinds[key] = kind;
            }
        }

        _kindOfService[spec.Name] = kind;
        return Create(kind, spec);
    }

    internal static IReadOnlyList<string> CommandsOf(ProcessList list)
    {
        var column = list.Titles?.ToList().FindIndex(t => t is "CMD" or "COMMAND") ?? -1;
        return [.. (list.Processes ?? []).Where(p => column >= 0 && column < p.Count).Select(p => p[column])];
    }

    internal static string KindOf(IReadOnlyList<string> commands)
    {
        bool Runs(params string[] programs) => commands.Any(c => programs.Any(p => c.StartsWith(p, StringComparison.Ordinal) || c.Contains("/" + p, StringComparison.Ordinal)));
        return Runs("postgres:", "postgres ", "postgresql") || commands.Contains("postgres") ? PostgresInspector.Kind
            : Runs("redis-server", "valkey-server") ? RedisInspector.Kind
            : commands.Any(c => c.Contains("beam.smp", StringComparison.Ordinal) && c.Contains("rabbit", StringComparison.Ordinal)) ? RabbitMqInspector.Kind
            : Runs("nginx:") ? NginxInspector.Kind
            : "";
    }

    private static string FromImage(string? image) => image switch
    {
        null => "",
        _ when image.Contains("postgres", StringComparison.Ordinal) => PostgresInspector.Kind,
        _ when image.Contains("redis", StringComparison.Ordinal) || image.Contains("valkey", StringComparison.Ordinal) => RedisInspector.Kind,
        _ when image.Contains("rabbitmq", StringComparison.Ordinal) => RabbitMqInspector.Kind,
        _ when image.Contains("nginx", StringComparison.Ordinal) => NginxInspector.Kind,
        _ => "",
    };

    private ISoftwareInspector? Create(string kind, ServiceSpec spec) => kind switch
    {
        PostgresInspector.Kind => new PostgresInspector(new PostgresAdmin(platform, spec), new DeclaredSecrets(spec)),
        RedisInspector.Kind => new RedisInspector(new RedisAdmin(platform, spec)),
        RabbitMqInspector.Kind => new RabbitMqInspector(new RabbitMqAdmin(platform, spec), new DeclaredSecrets(spec)),
        NginxInspector.Kind => new NginxInspector(platform, spec.Name),
        _ => null,
    };
}

using Quorate.Contracts.Sites;
using Quorate.Platforms.Services;

namespace Quorate.Faults.Sites;

/// <summary>Faults of the Redis server in which the lab's api keeps orders.</summary>
public abstract class RedisFault : ContainerFault
{
    /// <summary>Where the api keeps the order that the site's probe reads.</summary>
    protected const string Key = "order:1";

    public override string Needs => "A running Redis server that takes its password from REDISCLI_AUTH.";

    public override string DefaultTarget => "cache";

    protected static async Task<string> CommandAsync(FaultContext context, string service, CancellationToken cancellationToken, params string[] command) =>
        (await new RedisAdmin(context.Platform, context.Site.Find(service)!).CommandAsync(command, cancellationToken)).Trim();

    /// <summary>One setting's value; CONFIG GET answers its name and its value, a line each.</summary>
    protected static async Task<string> SettingAsync(FaultContext context, string service, string name, CancellationToken cancellationToken)
    {
        string[] lines = (await CommandAsync(context, service, cancellationToken, "CONFIG", "GET", name)).Split('\n');
        return lines is [_, var value, ..] ? value.Trim() : throw new PlatformException($"{service} has no setting {name}", retryable: false);
    }

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        await CommandAsync(context, target.Name, cancellationToken, "PING");
        return new Dictionary<string, string>();
    }
}

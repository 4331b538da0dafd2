using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Asks a Redis server by its own redis-cli in its container, which takes the password from REDISCLI_AUTH there.</summary>
public sealed class RedisAdmin(IPlatform platform, ServiceSpec service)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A command's answer as redis-cli prints it, one element a line.</summary>
    /// <exception cref="PlatformException">The server answered with an error, or does not answer.</exception>
    public Task<string> CommandAsync(IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        ServiceProgram.RunAsync(platform, service.Name, ["redis-cli", "-e", "--no-auth-warning", .. command], Patience, cancellationToken);
}

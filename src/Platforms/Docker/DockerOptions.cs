namespace Quorate.Platforms.Docker;

/// <summary>Limits of the Docker platform. Every time is positive.</summary>
public sealed record DockerOptions
{
    /// <summary>Engine address, <c>unix:///path</c> or <c>tcp://loopback:port</c>; null means <c>DOCKER_HOST</c>, then <c>/var/run/docker.sock</c>.</summary>
    public string? Host { get; init; }

    /// <summary>Deadline of one request; a stop or restart has its grace on top.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between asking a container to stop and killing it; whole seconds.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Deadline of one run of the Compose program (images may be pulled or built).</summary>
    public TimeSpan ComposeTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Distance of the two samples from which CPU load is computed.</summary>
    public TimeSpan UsageWindow { get; init; } = TimeSpan.FromMilliseconds(200);

    internal int StopGraceSeconds => (int)Math.Ceiling(StopGrace.TotalSeconds);
}

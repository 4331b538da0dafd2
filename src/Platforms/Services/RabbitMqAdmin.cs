using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Asks a RabbitMQ broker by its own rabbitmqctl in its container; each call starts an Erlang node, which takes a second or two.</summary>
public sealed class RabbitMqAdmin(IPlatform platform, ServiceSpec service)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What rabbitmqctl printed, without its banner.</summary>
    /// <exception cref="PlatformException">The broker refused, or does not answer.</exception>
    public Task<string> ControlAsync(IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        ServiceProgram.RunAsync(platform, service.Name, ["rabbitmqctl", "-q", "--timeout", Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture), .. command], Patience + TimeSpan.FromSeconds(5), cancellationToken);
}

using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Monitoring;

/// <summary>Reads a Compose health check: as an address that this host can ask, or as the exact program to run inside.</summary>
public static partial class DeclaredHealthCheck
{
    private static readonly string[] OwnHosts = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

    /// <summary>False for no check and for <c>NONE</c>.</summary>
    public static bool IsDeclared(HealthCheck? check) => check is { Test.Count: > 1 } && check.Test[0] is "CMD" or "CMD-SHELL";

    /// <summary>
    /// The address that a curl-, wget- or <c>health URL</c>-like check asks, moved to the published host port;
    /// null when the check is something else or the port is not published.
    /// </summary>
    public static Uri? FindHostUrl(ServiceSpec spec, IReadOnlyList<PortMapping> ports)
    {
        if (!IsDeclared(spec.HealthCheck))
        {
            return null;
        }

        var text = string.Join(' ', spec.HealthCheck!.Test.Skip(1));
        if (!Asker().IsMatch(text) || Address().Match(text) is not { Success: true } match
            || !Uri.TryCreate(match.Value, UriKind.Absolute, out var url))
        {
            return null;
        }

        var published = ports.FirstOrDefault(p => p.ContainerPort == url.Port && p.HostPort > 0 && p.Protocol == "tcp");
        if (published is null || !(OwnHosts.Contains(url.Host, StringComparer.Ordinal) || url.Host == spec.Name))
        {
            return null;
        }

        return new UriBuilder(url) { Host = HostOf(published), Port = published.HostPort }.Uri;
    }

    /// <summary>The declared program as an argument list; <c>CMD-SHELL</c> is the user's own script, given whole to the container's shell.</summary>
    public static IReadOnlyList<string> Command(HealthCheck check) =>
        check.Test[0] == "CMD-SHELL" ? ["sh", "-c", string.Join(' ', check.Test.Skip(1))] : [.. check.Test.Skip(1)];

    public static string HostOf(PortMapping port) => port.HostIp is "" or "0.0.0.0" or "::" ? "127.0.0.1" : port.HostIp;

    [GeneratedRegex("\\b(curl|wget|health|http)\\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Asker();

    [GeneratedRegex("https?://[^\\s\"'|;&)<>$`\\\\]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}

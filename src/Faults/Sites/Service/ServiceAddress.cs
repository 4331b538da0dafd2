using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>An environment variable that says where another service is.</summary>
internal sealed record AddressVariable(string Variable, string Dependency);

/// <summary>Finds and changes addresses of the forms <c>scheme://user@host:port/path</c>, <c>host:port</c> and <c>host</c>.</summary>
internal static partial class ServiceAddress
{
    /// <summary>The variables of a service whose declared value names another service as its host, in the order of depends_on.</summary>
    public static IReadOnlyList<AddressVariable> Find(Site site, ServiceSpec target)
    {
        string[] order = target.DependsOn.Select(d => d.Service).ToArray();
        return target.Environment
            .Select(pair => new AddressVariable(pair.Key, Host(pair.Value)))
            .Where(found => found.Dependency != target.Name && site.Find(found.Dependency) is not null)
            .OrderBy(found => Array.IndexOf(order, found.Dependency) is var at and >= 0 ? at : int.MaxValue)
            .ThenBy(found => found.Variable, StringComparer.Ordinal)
            .ToList();
    }

    public static string WithHost(string value, string host) =>
        Form().Match(value) is { Success: true } m ? $"{m.Groups["before"]}{host}{m.Groups["port"]}{m.Groups["after"]}" : host;

    public static string WithPort(string value, int port) =>
        Form().Match(value) is { Success: true } m ? $"{m.Groups["before"]}{m.Groups["host"]}:{port}{m.Groups["after"]}" : value;

    private static string Host(string value) => Form().Match(value).Groups["host"].Value;

    [GeneratedRegex(@"^(?<before>([a-zA-Z][a-zA-Z0-9+.-]*://)?([^@/]*@)?)(?<host>[^:/,?@]+)(?<port>:[0-9]+)?(?<after>([/,?].*)?)$",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 200)]
    private static partial Regex Form();
}

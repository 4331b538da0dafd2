using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Engine.Triage.Planning.Rules;

/// <summary>
/// Who needs whom: <c>depends_on</c>, and what the environment gives away (a value that names another service's host or
/// its published port on this machine). Cycles are allowed; a service is never its own dependency.
/// </summary>
internal sealed class SiteGraph
{
    /// <summary>A published port means a service only at this machine; elsewhere the number is another's.</summary>
    private static readonly string[] LocalHosts = ["127.0.0.1", "localhost", "[::1]", "host.docker.internal"];

    private readonly Dictionary<string, HashSet<string>> _direct = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _closure = new(StringComparer.Ordinal);

    public SiteGraph(Site site)
    {
        var names = site.Services.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var service in site.Services)
        {
            var direct = service.DependsOn.Select(d => d.Service).Where(names.Contains).ToHashSet(StringComparer.Ordinal);
            direct.UnionWith(Addressed(service, site));
            direct.Remove(service.Name);
            _direct[service.Name] = direct;
        }

        foreach (var name in names)
        {
            _closure[name] = Reach(name);
        }

        Order = [.. site.Services.Select((s, i) => (s.Name, i)).OrderBy(s => _closure[s.Name].Count).ThenBy(s => s.i).Select(s => s.Name)];
    }

    /// <summary>Dependencies before their dependants (a dependant reaches more services), then the file's order.</summary>
    public IReadOnlyList<string> Order { get; }

    public IReadOnlySet<string> Direct(string service) => _direct[service];

    /// <summary>All it needs, directly or not, without itself.</summary>
    public IReadOnlySet<string> Needs(string service) => _closure[service];

    public IEnumerable<string> Dependants(string service) => _closure.Where(c => c.Value.Contains(service)).Select(c => c.Key);

    private static IEnumerable<string> Addressed(ServiceSpec service, Site site)
    {
        var values = service.Environment.Values.Concat(service.Process?.Environment.Values ?? []).ToList();
        foreach (var other in site.Services.Where(o => o.Name != service.Name))
        {
            if (values.Any(v => Names(v, other.Name) || ReachesPort(v, other)))
            {
                yield return other.Name;
            }
        }
    }

    /// <summary>Whether the text holds an address of this machine with a port that the service publishes.</summary>
    public static bool ReachesPort(string text, ServiceSpec service) =>
        service.Ports.Where(p => p.HostPort > 0).Any(p => LocalHosts.Any(h => HasAddress(text, h + ":" + p.HostPort.ToString(CultureInfo.InvariantCulture))));

    private static bool HasAddress(string text, string address) =>
        text.IndexOf(address, StringComparison.OrdinalIgnoreCase) is var at && at >= 0
        && (at + address.Length == text.Length || !char.IsAsciiDigit(text[at + address.Length]));

    /// <summary>The service as a host: <c>//name</c>, <c>@name</c> or <c>name:port</c>.</summary>
    private static bool Names(string value, string name)
    {
        for (var at = value.IndexOf(name, StringComparison.Ordinal); at >= 0; at = value.IndexOf(name, at + 1, StringComparison.Ordinal))
        {
            var before = at == 0 ? ' ' : value[at - 1];
            var after = at + name.Length == value.Length ? ' ' : value[at + name.Length];
            if ((before is '/' or '@' && after is ' ' or ':' or '/') || (before is ' ' or ',' or '=' && after == ':'))
            {
                return true;
            }
        }

        return false;
    }

    private HashSet<string> Reach(string name)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(_direct[name]);
        while (open.TryPop(out var next))
        {
            if (reached.Add(next))
            {
                foreach (var further in _direct[next])
                {
                    open.Push(further);
                }
            }
        }

        reached.Remove(name);
        return reached;
    }
}

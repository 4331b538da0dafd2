using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Compose;

/// <summary>Checks that <c>depends_on</c> names services that take part, and that it has no cycle.</summary>
internal static class Dependencies
{
    /// <summary>The services without dependencies that are not required and not there.</summary>
    public static List<ServiceSpec> Check(List<ServiceSpec> services, IReadOnlyList<(string Name, Field Field)> declared, Problems problems)
    {
        var names = services.Select(s => s.Name).ToHashSet();
        var fields = declared.ToDictionary(d => d.Name, d => d.Field["depends_on"]);
        var result = services.ConvertAll(s => s with { DependsOn = [.. s.DependsOn.Where(d => names.Contains(d.Service) || IsRequired(fields[s.Name], d.Service))] });
        foreach (var service in result)
        {
            foreach (var dependency in service.DependsOn.Where(d => !names.Contains(d.Service)))
            {
                fields[service.Name].Wrong(fields.ContainsKey(dependency.Service)
                    ? $"services that take part; {dependency.Service} is left out by its profiles (name one in COMPOSE_PROFILES)"
                    : $"services of this file; {Problems.Quote(dependency.Service)} is not one");
            }
        }

        foreach (var name in FindCycle(result))
        {
            fields[name].Wrong("no service that, by way of others, depends on itself");
        }

        return result;
    }

    private static bool IsRequired(Field dependsOn, string service) => dependsOn[service]["required"].Flag() ?? true;

    /// <summary>The services left when those without open dependencies are taken away again and again (Kahn 1962).</summary>
    private static List<string> FindCycle(List<ServiceSpec> services)
    {
        var open = services.ToDictionary(s => s.Name, s => s.DependsOn.Select(d => d.Service).Where(d => services.Exists(o => o.Name == d)).ToHashSet());
        while (open.FirstOrDefault(o => o.Value.Count == 0) is { Key: not null } free)
        {
            open.Remove(free.Key);
            foreach (var rest in open.Values)
            {
                rest.Remove(free.Key);
            }
        }

        return [.. open.Keys];
    }
}

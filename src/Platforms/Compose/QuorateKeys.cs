using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Compose;

/// <summary>What a service's <c>x-quorate</c> says.</summary>
internal sealed record ServiceKeys(ProcessSpec? Process, Uri? Health, Uri? Metrics);

/// <summary>Reads the <c>x-quorate</c> keys. Unlike Compose's own, unknown ones here are errors: they are typing mistakes.</summary>
internal static class QuorateKeys
{
    private static readonly string[] SiteKeys = ["lab", "runbooks", "prometheus", "probes"];
    private static readonly string[] ProbeKeys = ["name", "service", "url", "method", "body", "expect_status"];
    private static readonly string[] ServiceKeyNames = ["command", "directory", "environment", "health", "metrics", "data"];
    private static readonly string[] DataKeys = ["path", "files"];
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    public static Site ReadSite(Field field, Site site)
    {
        if (!HasOnly(field, SiteKeys))
        {
            return site;
        }

        return site with
        {
            Lab = field["lab"].Flag() ?? false,
            Runbooks = field["runbooks"].FullPath(),
            Prometheus = field["prometheus"].HttpUrl(),
            Probes = [.. field["probes"].Items().Select(p => ReadProbe(p, site)).OfType<SiteProbe>()],
        };
    }

    public static ServiceKeys ReadService(Field field, IReadOnlyDictionary<string, string> declared, SourceFile source)
    {
        if (!HasOnly(field, ServiceKeyNames))
        {
            return new ServiceKeys(null, null, null);
        }

        var environment = new Dictionary<string, string>(declared);
        foreach (var (name, value) in field["environment"].Entries())
        {
            environment[name] = value.IsAbsent ? "" : value.Text() ?? "";
        }

        if (environment.Keys.Any(k => k.Length == 0 || k.Contains('=') || k.Contains('\0')))
        {
            field["environment"].Wrong("names that are not empty and without = and NUL");
        }

        var command = ReadCommand(field["command"]);
        if (command is null && field["command"].IsAbsent && ((string[])["directory", "environment", "data"]).FirstOrDefault(k => !field[k].IsAbsent) is { } key)
        {
            field[key].Wrong("only together with command, which says how to run the service as a process");
        }

        var directory = field["directory"].FullPath() ?? source.Directory;
        var data = field["data"].Items().Select(ReadData).OfType<DataFolder>().ToList();
        var process = command is null ? null : new ProcessSpec { Command = command, WorkingDirectory = directory, Environment = environment, Data = data };
        return new ServiceKeys(process, field["health"].HttpUrl(), field["metrics"].HttpUrl());
    }

    /// <summary>Words with relative paths made full: a program with a slash in it, and arguments that start with <c>./</c> or <c>../</c>.</summary>
    private static List<string>? ReadCommand(Field field)
    {
        const string form = "a list: the program, then its arguments";
        if (field.IsAbsent)
        {
            return null;
        }

        var words = new List<string>();
        foreach (var item in field.Items(form))
        {
            if (item.Text() is not { } word)
            {
                continue;
            }

            var path = word.StartsWith("./", StringComparison.Ordinal)
                || word.StartsWith("../", StringComparison.Ordinal)
                || (words.Count == 0 && word.Contains('/', StringComparison.Ordinal));
            words.Add(path ? item.Node!.Source.Resolve(word) : word);
        }

        if (words is [] or ["", ..])
        {
            field.Wrong(form);
            return null;
        }

        return words;
    }

    private static DataFolder? ReadData(Field field)
    {
        if (!HasOnly(field, DataKeys))
        {
            return null;
        }

        if (field["path"].FullPath() is not { } path)
        {
            field.Wrong("a map with path, and files as a list of patterns");
            return null;
        }

        return new DataFolder(path, [.. field["files"].Items().Select(f => f.NonEmptyText("a pattern such as *.db")).OfType<string>()]);
    }

    private static SiteProbe? ReadProbe(Field field, Site site)
    {
        if (!HasOnly(field, ProbeKeys))
        {
            return null;
        }

        var method = field["method"].Text()?.ToUpperInvariant() ?? "GET";
        if (!Methods.Contains(method))
        {
            field["method"].Wrong(string.Join(", ", Methods));
        }

        var service = field["service"].Text();
        if (service is not null && site.Find(service) is null)
        {
            field["service"].Wrong($"a service of the site: {string.Join(", ", site.Services.Select(s => s.Name).Take(20))}");
        }

        var name = field["name"].Text();
        var url = field["url"].HttpUrl();
        if (name is null || service is null || field["url"].IsAbsent)
        {
            field.Wrong("a map that has at least name, service and url");
        }

        return name is null || service is null || url is null
            ? null
            : new SiteProbe(name, service, url, method, field["body"].Text(), field["expect_status"].Integer(100, 599) ?? 200);
    }

    /// <summary>Notes unknown keys; false when there is no map to read.</summary>
    private static bool HasOnly(Field field, string[] allowed)
    {
        foreach (var (key, value) in field.Entries($"a map with the keys {string.Join(", ", allowed)}"))
        {
            if (!allowed.Contains(key))
            {
                value.Problems.Add(value.Node!, value.Path, $"unknown key; allowed: {string.Join(", ", allowed)}");
            }
        }

        return field.Node is MapNode;
    }
}

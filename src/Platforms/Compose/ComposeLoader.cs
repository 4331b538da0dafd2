using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Compose;

/// <summary>Reads a Compose file (the Compose specification, unchanged) with its <c>x-quorate</c> keys as a <see cref="Site"/>.</summary>
public static class ComposeLoader
{
    private const int MaxServices = 200;
    private static readonly string[] DefaultNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
    private static readonly string[] OverrideNames = ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

    /// <summary>
    /// Loads the file, or the folder's <c>compose.yaml</c>, <c>compose.yml</c>, <c>docker-compose.yml</c> or
    /// <c>docker-compose.yaml</c>, the first that is there, with <c>compose.override.yaml</c> (or alike) over it, as Compose
    /// does it: a file that is named stands alone. <paramref name="environment"/> is the process's own: it wins
    /// over <c>.env</c> beside the file.
    /// </summary>
    /// <exception cref="QuorateException">
    /// <c>compose_not_found</c> when there is no such file; <c>compose_invalid</c> with everything that is wrong in it.
    /// </exception>
    public static Site Load(string path, IReadOnlyDictionary<string, string> environment)
    {
        var source = new SourceFile(FindFile(path));
        var problems = new Problems();
        var variables = ReadDotEnv(source, environment, problems);
        string? Lookup(string name) => environment.TryGetValue(name, out var own) ? own : variables.GetValueOrDefault(name);

        var tree = new ProjectTree(problems);
        var root = tree.Load(source, Lookup);
        var over = Directory.Exists(path) ? OverrideNames.Select(source.Resolve).FirstOrDefault(File.Exists) : null;
        if (root is not null && over is not null)
        {
            root = tree.Load(new SourceFile(over), Lookup) is { } changes ? (MapNode)NodeMerge.Merge(root, changes) : null;
        }

        if (root is null)
        {
            problems.ThrowIfAny(source.Path);
            throw new InvalidOperationException($"{source.Path} could not be read and no reason was given");
        }

        var site = ReadProject(tree, root, source, Lookup, problems) with { OverrideFile = over };
        problems.ThrowIfAny(source.Path);
        return site;
    }

    private static Dictionary<string, string?> ReadDotEnv(SourceFile source, IReadOnlyDictionary<string, string> environment, Problems problems)
    {
        var file = source.Resolve(".env");
        return File.Exists(file) ? EnvFile.Read(file, environment.GetValueOrDefault, raw: false, problems) : [];
    }

    private static string FindFile(string path)
    {
        if (path.Length == 0 || path.Contains('\0'))
        {
            throw QuorateException.Input("compose_not_found", $"site = {Problems.Quote(path)}: allowed: the path of a Compose file or of its folder");
        }

        var full = Path.GetFullPath(path);
        if (File.Exists(full))
        {
            return full;
        }

        if (!Directory.Exists(full))
        {
            throw QuorateException.Input("compose_not_found", $"site = {Problems.Quote(path)}: there is no such file; allowed: the path of a Compose file or of its folder");
        }

        return DefaultNames.Select(n => Path.Combine(full, n)).FirstOrDefault(File.Exists)
            ?? throw QuorateException.Input("compose_not_found", $"site = {Problems.Quote(path)}: the folder holds no Compose file; allowed: {string.Join(", ", DefaultNames)}");
    }

    private static Site ReadProject(ProjectTree tree, MapNode root, SourceFile source, Func<string, string?> lookup, Problems problems)
    {
        var top = new Field(root, "", problems);
        var declared = top["services"].Entries("a map of services").ToList();
        if (declared.Count is 0 or > MaxServices)
        {
            problems.Add(root, "services", $"{declared.Count} services are declared; allowed: 1 to {MaxServices}");
            declared = [];
        }

        var reader = new ServiceReader(lookup, top["networks"].Node as MapNode, problems);
        var resolved = declared.Select(d => (d.Key, Field: d.Value with { Node = tree.ResolveExtends(root, d.Key, d.Value.Node!, lookup) })).ToList();
        var profiles = (lookup("COMPOSE_PROFILES") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var services = new List<ServiceSpec>();
        foreach (var (name, field) in resolved)
        {
            CheckName(name, field);
            if (field.Node is not MapNode)
            {
                field.Wrong("a map");
            }
            else if (IsActive(field["profiles"], profiles))
            {
                services.Add(reader.Read(name, field));
            }
        }

        services = Dependencies.Check(services, resolved, problems);
        var project = ProjectName(top, source, lookup);
        var site = new Site { Name = project, Id = $"{project}-{Hash(source.Path)}", ComposeFile = source.Path, Services = services };
        return QuorateKeys.ReadSite(top["x-quorate"], site);
    }

    private static bool IsActive(Field profiles, string[] named)
    {
        var wanted = profiles.Items("a list of profile names").Select(p => p.Text()).OfType<string>().ToList();
        return wanted.Count == 0 || named.Contains("*") || wanted.Exists(named.Contains);
    }

    private static void CheckName(string name, Field field)
    {
        if (name.Length is 0 or > 200 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') || name is "." or "..")
        {
            field.Problems.Add(field.Node!, Problems.Quote(field.Path), "allowed as a service's name: letters, digits, . _ and -, up to 200 characters");
        }
    }

    /// <summary>COMPOSE_PROJECT_NAME, else the file's name:, else the folder's name, in the form Compose gives project names.</summary>
    private static string ProjectName(Field top, SourceFile source, Func<string, string?> lookup)
    {
        var given = lookup("COMPOSE_PROJECT_NAME") is { Length: > 0 } variable ? variable : top["name"].Text();
        var folder = Path.GetFileName(source.Directory);
        var name = Normalise(given is { Length: > 0 } ? given : folder);
        if (name.Length > 0)
        {
            return name;
        }

        top.Problems.Add(source.Path, 0, $"name = {Problems.Quote(given ?? folder)}: allowed: a name with at least one letter or digit a-z, 0-9 (key name, or variable COMPOSE_PROJECT_NAME)");
        return "invalid";
    }

    private static string Normalise(string name) =>
        string.Concat(name.ToLowerInvariant().Where(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_')).TrimStart('-', '_');

    private static string Hash(string path) => TextHash.Of(path)[..8];
}

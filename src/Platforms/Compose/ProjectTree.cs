namespace Quorate.Platforms.Compose;

/// <summary>Reads a Compose file with all that it includes and extends into one tree, variables replaced.</summary>
internal sealed class ProjectTree(Problems problems)
{
    private const int MaxFiles = 50;
    private const int MaxIncludeDepth = 8;
    private const int MaxExtendsDepth = 16;

    /// <summary>Bounds what chains of extends and includes can multiply a small file to.</summary>
    private const long MaxNodes = 500_000;

    private long _nodes;
    private int _filesRead;

    /// <summary>The merged file with its includes; null when it cannot be read.</summary>
    public MapNode? Load(SourceFile source, Func<string, string?> lookup) => LoadIncluding(source, lookup, depth: 0);

    /// <summary>The service with everything it extends merged under it.</summary>
    public Node ResolveExtends(MapNode root, string name, Node service, Func<string, string?> lookup) =>
        ResolveExtends(root, name, service, lookup, []);

    private MapNode? LoadIncluding(SourceFile source, Func<string, string?> lookup, int depth)
    {
        if (LoadFile(source, lookup) is not { } root)
        {
            return null;
        }

        foreach (var include in new Field(root, "", problems)["include"].OneOrMany())
        {
            if (depth >= MaxIncludeDepth)
            {
                include.Wrong($"files included up to {MaxIncludeDepth} deep, and not by themselves");
                break;
            }

            if (LoadInclude(include, lookup, depth + 1) is { } included)
            {
                root = AddIncluded(root, included, include);
            }
        }

        return root;
    }

    private MapNode? LoadFile(SourceFile source, Func<string, string?> lookup)
    {
        if (++_filesRead > MaxFiles)
        {
            problems.Add(source.Path, 0, $"more than {MaxFiles} files are included or extended; allowed: up to {MaxFiles}");
            return null;
        }

        if (YamlReader.Read(source, problems) is not { } documents)
        {
            return null;
        }

        if (documents.Count == 0 || documents.FirstOrDefault(d => d is not MapNode) is { } other)
        {
            problems.Add(source.Path, documents.Count == 0 ? 0 : documents[0].Line, "the file holds no map; allowed: a map with the key services");
            return null;
        }

        var merged = (MapNode)documents.Aggregate((a, b) => NodeMerge.Merge(a, b));
        return Bounded(merged, merged) ? (MapNode)new Interpolation(lookup).Apply(merged, "", problems) : null;
    }

    private MapNode? LoadInclude(Field include, Func<string, string?> lookup, int depth)
    {
        var paths = include.Node is MapNode ? include["path"] : include;
        var files = paths.OneOrMany().Select(p => p.FullPath()).OfType<string>().ToList();
        if (files.Count == 0)
        {
            include.Wrong("a path, or a map with the key path");
            return null;
        }

        var directory = include["project_directory"].FullPath() ?? Path.GetDirectoryName(files[0])!;
        var variables = new Dictionary<string, string?>();
        var envFiles = include["env_file"].OneOrMany().Select(f => f.FullPath()).OfType<string>().ToList();
        var defaultFile = Path.Combine(directory, ".env");
        foreach (var file in envFiles.Count > 0 ? envFiles : File.Exists(defaultFile) ? [defaultFile] : [])
        {
            foreach (var (name, value) in EnvFile.Read(file, lookup, raw: false, problems))
            {
                variables[name] = value;
            }
        }

        string? Lookup(string name) => lookup(name) ?? variables.GetValueOrDefault(name);
        MapNode? root = null;
        foreach (var file in files)
        {
            if (LoadIncluding(new SourceFile(file), Lookup, depth) is { } part)
            {
                root = root is null ? part : (MapNode)NodeMerge.Merge(root, part);
            }
        }

        return root is null ? null : ResolveAll(root, Lookup);
    }

    /// <summary>Resolves extends of an included file with that file's own variables.</summary>
    private MapNode ResolveAll(MapNode root, Func<string, string?> lookup)
    {
        if (root.Entries.GetValueOrDefault("services") is not MapNode services)
        {
            return root;
        }

        var resolved = new OrderedDictionary<string, Node>();
        foreach (var (name, service) in services.Entries)
        {
            resolved.Add(name, ResolveExtends(root, name, service, lookup));
        }

        return With(root, "services", new MapNode(services.Source, services.Line, resolved));
    }

    private static MapNode AddIncluded(MapNode root, MapNode included, Field include)
    {
        foreach (var section in (string[])["services", "networks"])
        {
            if (included.Entries.GetValueOrDefault(section) is not MapNode theirs)
            {
                continue;
            }

            var ours = root.Entries.GetValueOrDefault(section) as MapNode;
            if (section == "services" && theirs.Entries.Keys.FirstOrDefault(k => ours?.Entries.ContainsKey(k) == true) is { } twice)
            {
                include.Wrong($"services that are not declared here too; {Problems.Quote(twice)} is");
            }

            root = With(root, section, ours is null ? theirs : NodeMerge.Merge(theirs, ours));
        }

        return root;
    }

    private Node ResolveExtends(MapNode root, string name, Node service, Func<string, string?> lookup, List<string> chain)
    {
        var field = new Field(service, $"services.{name}", problems)["extends"];
        if (field.IsAbsent || service is not MapNode map)
        {
            return service;
        }

        var target = (field.Node is MapNode ? field["service"] : field).NonEmptyText("the name of a service");
        var file = field["file"].FullPath();
        if (target is null)
        {
            field.Wrong("the name of a service, or a map with service and file");
            return service;
        }

        var link = $"{file ?? root.Source.Path}#{target}";
        if (chain.Contains(link) || chain.Count >= MaxExtendsDepth || (file is null && target == name && chain.Count == 0))
        {
            field.Wrong($"services extended up to {MaxExtendsDepth} deep, and not by themselves");
            return service;
        }

        var other = file is null ? root : LoadFile(new SourceFile(file), lookup);
        if (other is null)
        {
            return service;
        }

        if (other.Entries.GetValueOrDefault("services") is not MapNode services || services.Entries.GetValueOrDefault(target) is not { } found)
        {
            field.Wrong($"a service of {other.Source.Path}; {Problems.Quote(target)} is not declared there");
            return service;
        }

        var below = ResolveExtends(other, target, found, lookup, [.. chain, link]);
        var merged = NodeMerge.Merge(below, Without(map, "extends"));
        return Bounded(merged, service) ? merged : service;
    }

    private bool Bounded(Node node, Node at)
    {
        _nodes += node.Size;
        if (_nodes <= MaxNodes)
        {
            return true;
        }

        problems.Add(at.Source.Path, at.Line, $"more than {MaxNodes} values once includes and extends are resolved");
        return false;
    }

    private static MapNode With(MapNode map, string key, Node value) =>
        new(map.Source, map.Line, new OrderedDictionary<string, Node>(map.Entries) { [key] = value });

    private static MapNode Without(MapNode map, string key)
    {
        var entries = new OrderedDictionary<string, Node>(map.Entries);
        entries.Remove(key);
        return new MapNode(map.Source, map.Line, entries);
    }
}

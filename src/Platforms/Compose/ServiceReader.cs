using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Compose;

/// <summary>One service of the tree as a <see cref="ServiceSpec"/>.</summary>
internal sealed class ServiceReader(Func<string, string?> lookup, MapNode? networks, Problems problems)
{
    private const int MaxReplicas = 100;

    public ServiceSpec Read(string name, Field service)
    {
        var environment = ReadEnvironment(service);
        var limits = service["deploy"]["resources"]["limits"];
        var process = QuorateKeys.ReadService(service["x-quorate"], environment, service.Node!.Source);
        return new ServiceSpec
        {
            Name = name,
            Image = service["image"].Text(),
            Command = ReadCommand(service["command"]),
            Environment = environment,
            DependsOn = ReadDependsOn(service["depends_on"]),
            HealthCheck = ReadHealthCheck(service["healthcheck"]),
            Ports = PortReader.Read(service["ports"]),
            Networks = ReadNetworks(service),
            Volumes = VolumeReader.Read(service["volumes"]),
            Labels = ReadAssignments(service["labels"]).ToDictionary(p => p.Key, p => p.Value ?? ""),
            Cpus = PositiveOrNull((limits["cpus"].IsAbsent ? service["cpus"] : limits["cpus"]).Number(0, 100_000)),
            MemoryBytes = ReadSize(limits["memory"].IsAbsent ? service["mem_limit"] : limits["memory"]),
            Replicas = (service["deploy"]["replicas"].IsAbsent ? service["scale"] : service["deploy"]["replicas"]).Integer(0, MaxReplicas) ?? 1,
            Process = process.Process,
            Health = process.Health,
            Metrics = process.Metrics,
        };
    }

    /// <summary>A list of NAME=VALUE or a map; null values are for the environment to give.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> ReadAssignments(Field field)
    {
        const string form = "a map, or a list of NAME=VALUE";
        if (field.Node is ListNode)
        {
            return field.Items().Select(i => i.NonEmptyText(form)).OfType<string>().Select(Split);
        }

        return field.Entries(form).Select(e => KeyValuePair.Create(e.Key, e.Value.IsAbsent ? null : e.Value.Text()));

        static KeyValuePair<string, string?> Split(string text)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            return equals < 0 ? KeyValuePair.Create(text, (string?)null) : KeyValuePair.Create(text[..equals], (string?)text[(equals + 1)..]);
        }
    }

    private Dictionary<string, string> ReadEnvironment(Field service)
    {
        var values = new Dictionary<string, string>();
        foreach (var file in service["env_file"].OneOrMany())
        {
            var path = (file.Node is MapNode ? file["path"] : file).FullPath();
            if (path is null || (!File.Exists(path) && file["required"].Flag() == false))
            {
                continue;
            }

            Lay(values, EnvFile.Read(path, lookup, raw: file["format"].Text() == "raw", problems));
        }

        var declared = service["environment"];
        Lay(values, ReadAssignments(declared));
        if (values.Keys.FirstOrDefault(k => k.Length == 0 || k.Contains('=') || k.Contains('\0')) is { } bad)
        {
            problems.Add(declared.Node ?? service.Node!, declared.Path, $"the name {Problems.Quote(bad)} is not one; allowed: names that are not empty and without = and NUL");
        }

        return values;
    }

    private void Lay(Dictionary<string, string> values, IEnumerable<KeyValuePair<string, string?>> over)
    {
        foreach (var (name, value) in over)
        {
            if ((value ?? lookup(name)) is { } known)
            {
                values[name] = known;
            }
        }
    }

    private static IReadOnlyList<string>? ReadCommand(Field field)
    {
        if (field.IsAbsent)
        {
            return null;
        }

        if (field.Node is ListNode)
        {
            return [.. field.Items().Select(i => i.Text()).OfType<string>()];
        }

        var words = Units.SplitWords(field.Text("text, or a list of words") ?? "");
        if (words is null)
        {
            field.Wrong("text in which every quote is closed");
        }

        return words;
    }

    private static List<ServiceDependency> ReadDependsOn(Field field)
    {
        const string started = "service_started";
        if (field.Node is ListNode)
        {
            return [.. field.Items().Select(i => i.NonEmptyText("the name of a service")).OfType<string>().Select(s => new ServiceDependency(s, started))];
        }

        var dependencies = new List<ServiceDependency>();
        foreach (var (service, value) in field.Entries("a list of services, or a map of them"))
        {
            var condition = value["condition"].Text() ?? started;
            if (condition is not (started or "service_healthy" or "service_completed_successfully"))
            {
                value["condition"].Wrong("service_started, service_healthy or service_completed_successfully");
            }

            dependencies.Add(new ServiceDependency(service, condition));
        }

        return dependencies;
    }

    private static HealthCheck? ReadHealthCheck(Field field)
    {
        if (field.IsAbsent)
        {
            return null;
        }

        _ = field.Entries();
        var test = field["test"];
        var words = test.Node is ListNode ? [.. test.Items().Select(i => i.Text()).OfType<string>()]
            : test.Text("text, or a list") is { Length: > 0 } text ? ["CMD-SHELL", text]
            : Array.Empty<string>();
        // Durations are read even when switched off, so that mistakes in them are not hidden.
        var check = new HealthCheck(
            words,
            ReadDuration(field["interval"]) ?? TimeSpan.FromSeconds(30),
            ReadDuration(field["timeout"]) ?? TimeSpan.FromSeconds(30),
            field["retries"].Integer(0, 1000) ?? 3,
            ReadDuration(field["start_period"]) ?? TimeSpan.Zero);
        if (field["disable"].Flag() == true || words is [] or ["NONE", ..])
        {
            return null;
        }

        if (words[0] is not ("CMD" or "CMD-SHELL"))
        {
            test.Wrong("text, or a list that starts with CMD, CMD-SHELL or NONE");
        }

        return check;
    }

    private static TimeSpan? ReadDuration(Field field)
    {
        if (field.IsAbsent || field.Text(Units.DurationForm) is not { } text)
        {
            return null;
        }

        var duration = Units.ParseDuration(text);
        if (duration is null)
        {
            field.Wrong(Units.DurationForm);
        }

        return duration;
    }

    private static long? ReadSize(Field field)
    {
        if (field.IsAbsent || field.Text(Units.SizeForm) is not { } text)
        {
            return null;
        }

        var size = Units.ParseSize(text);
        if (size is null)
        {
            field.Wrong(Units.SizeForm);
        }

        return size is > 0 ? size : null;
    }

    /// <summary>Zero is Compose's way to say no limit.</summary>
    private static double? PositiveOrNull(double? value) => value is > 0 ? value : null;

    private List<string> ReadNetworks(Field service)
    {
        var field = service["networks"];
        var keys = field.Node is MapNode
            ? field.Entries().Select(e => e.Key).ToList()
            : [.. field.Items("a list of networks, or a map of them").Select(i => i.NonEmptyText("the name of a network")).OfType<string>()];
        if (keys.Count == 0)
        {
            return service["network_mode"].IsAbsent ? ["default"] : [];
        }

        foreach (var key in keys.Where(k => k != "default" && networks?.Entries.ContainsKey(k) != true))
        {
            field.Wrong($"networks declared under the key networks; {Problems.Quote(key)} is not");
        }

        return keys;
    }
}

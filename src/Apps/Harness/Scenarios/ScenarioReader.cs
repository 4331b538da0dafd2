using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Sites;
using Quorate.Engine.Files;
using Quorate.Faults;

namespace Quorate.Harness.Scenarios;

/// <summary>Reads scenario files; docs/schemas/scenario.json says what they hold.</summary>
public static class ScenarioReader
{
    public const int MaxBytes = 256 << 10;
    public const int MaxFaults = 8;
    public const int MaxDisturbances = 32;
    public const int MaxIncidents = 32;
    public const double MaxRate = 1_000;
    public const double MaxSeconds = 3_600;

    private const int MaxText = 1_000;
    private static readonly string[] Platforms = ["process", "docker"];
    private static readonly FileForm Form = new("scenario_invalid", "docs/schemas/scenario.json");

    /// <exception cref="QuorateException">Missing: the file cannot be read. Input: names the field, its value and what is allowed.</exception>
    public static Scenario ReadFile(string path)
    {
        byte[] bytes;
        try
        {
            bytes = BoundedFile.Read(path, MaxBytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("scenario_unreadable", $"{path}: {error.Message}", "quorate harness list shows what there is", error);
        }

        if (bytes.Length > MaxBytes)
        {
            throw QuorateException.Input("scenario_invalid", $"{path} has more than {MaxBytes} bytes");
        }

        try
        {
            return Read(Encoding.UTF8.GetString(bytes), Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (QuorateException error) when (error.Code == "scenario_invalid")
        {
            throw QuorateException.Input(error.Code, $"{path}: {error.Message}", error.Hint, error);
        }
    }

    /// <param name="json">The file's text.</param>
    /// <param name="folder">Full path of what the site is relative to.</param>
    /// <exception cref="QuorateException">Input, scenario_invalid.</exception>
    public static Scenario Read(string json, string folder)
    {
        var fields = Form.Parse(
            json, "name", "summary", "site", "platform", "load", "faults", "disturbances", "incidents", "noise", "stability_window_s", "seed", "expected", "timeout_s");
        var site = fields.Text("site", MaxText);
        var platform = fields.Names("platform", Platforms.Length);
        foreach (var other in platform.Where(p => !Platforms.Contains(p)))
        {
            throw fields.Wrong("platform", $"'{other}' is none of {string.Join(", ", Platforms)}");
        }

        return new Scenario
        {
            Name = fields.Name("name"),
            Summary = fields.Text("summary", MaxText),
            Site = site,
            ComposeFile = Path.GetFullPath(Path.Combine(folder, site)),
            Platform = platform.Count > 0 ? platform : throw Form.Wrong("platform is empty or missing; process, docker or both are allowed"),
            Load = fields.Has("load") ? ReadLoad(fields.Object("load", "rate", "mix", "seed")) : null,
            Faults = [.. fields.Objects("faults", 0, MaxFaults, "name", "target", "at_s").Select(ReadFault)],
            Disturbances = [.. fields.Objects("disturbances", 0, MaxDisturbances, "kind", "target", "at_s", "seconds", "times", "always").Select(ReadDisturbance)],
            Incidents = fields.Texts("incidents", MaxIncidents, MaxText) is { Count: > 0 } texts ? texts : throw Form.Wrong("incidents is empty or missing; one text or more is needed"),
            Noise = fields.Number("noise", 0, 1, standard: 0),
            StabilityWindowS = fields.Number("stability_window_s", 0.5, 600, standard: 3),
            Seed = fields.Whole("seed", 0, int.MaxValue, standard: 0),
            Expected = fields.Has("expected") ? ReadExpectation(fields.Object("expected", "root_service", "root_causes")) : null,
            TimeoutS = fields.Number("timeout_s", 5, MaxSeconds, standard: 120),
        };
    }

    /// <summary>Refuses what the site or the catalogue of faults does not have.</summary>
    /// <exception cref="QuorateException">Input, scenario_invalid: an unknown service or fault, or a fault that works on none of the scenario's platforms.</exception>
    public static void Check(Scenario scenario, Site site)
    {
        void Service(string field, string? name)
        {
            if (name is not null && site.Find(name) is null)
            {
                throw Form.Wrong($"{scenario.Name}: {field} is {name}, which is not a service of {site.Name}; there are {string.Join(", ", site.Services.Select(s => s.Name))}");
            }
        }

        for (var i = 0; i < scenario.Faults.Count; i++)
        {
            var (fault, at) = (Find(scenario, scenario.Faults[i].Name, i), $"faults[{i}].target");
            Service(at, scenario.Faults[i].Target ?? fault.TargetOn(site));
            foreach (var platform in scenario.Platform.Where(p => !fault.Platforms.Contains(p)))
            {
                throw Form.Wrong($"{scenario.Name}: faults[{i}].name is {fault.Name}, which works on {string.Join(", ", fault.Platforms)}, not on {platform}");
            }
        }

        Overlap(scenario, site);
        for (var i = 0; i < scenario.Disturbances.Count; i++)
        {
            Service($"disturbances[{i}].target", scenario.Disturbances[i].Target);
        }

        Service("expected.root_service", scenario.Expected?.RootService);
    }

    private static ISiteFault Find(Scenario scenario, string name, int index) => SiteFaultCatalog.All.FirstOrDefault(f => f.Name == name)
        ?? throw Form.Wrong($"{scenario.Name}: faults[{index}].name is {name}; there are {string.Join(", ", SiteFaultCatalog.All.Select(f => f.Name))}");

    /// <summary>Two faults of one target combine only when they take hold of different things, and neither of the whole service.</summary>
    private static void Overlap(Scenario scenario, Site site)
    {
        var held = scenario.Faults.Select(f => (Fault: SiteFaultCatalog.Find(f.Name), Target: f.Target ?? SiteFaultCatalog.Find(f.Name).TargetOn(site))).ToList();
        for (var i = 0; i < held.Count; i++)
        {
            var (fault, target) = held[i];
            var other = held.Take(i).Where(h => h.Target == target && (h.Fault.Resource == fault.Resource || h.Fault.Resource == "service" || fault.Resource == "service")).Select(h => h.Fault.Name).FirstOrDefault();
            if (other is not null)
            {
                throw Form.Wrong($"{scenario.Name}: faults[{i}] is {fault.Name} on {target}, which cannot be combined with {other}");
            }
        }
    }

    private static Load ReadLoad(FileFields fields) => new(fields.Number("rate", 0, MaxRate, above: true), fields.Number("mix", 0, 100, standard: 30), fields.OptionalWhole("seed", 0, int.MaxValue));

    private static ScenarioFault ReadFault(FileFields fields) => new(fields.Name("name"), fields.OptionalName("target"), fields.Number("at_s", 0, MaxSeconds, standard: 1));

    private static Disturbance ReadDisturbance(FileFields fields)
    {
        var kind = fields.OneOf("kind", ["restart", "log_burst", "load_burst"]) switch
        {
            "restart" => DisturbanceKind.Restart,
            "log_burst" => DisturbanceKind.LogBurst,
            _ => DisturbanceKind.LoadBurst,
        };
        var target = fields.OptionalName("target");
        return kind != DisturbanceKind.LoadBurst && target is null
            ? throw fields.Wrong("kind", "a target is needed for it")
            : new Disturbance(kind, target, fields.Number("at_s", 0, MaxSeconds, standard: 0), fields.Number("seconds", 0.1, 60, standard: 2), fields.Number("times", 1, 20, standard: 3))
            {
                Always = fields.Has("always") && fields.Flag("always"),
            };
    }

    private static Expectation ReadExpectation(FileFields fields) => new(fields.Name("root_service"), fields.Texts("root_causes", 16, 100));
}

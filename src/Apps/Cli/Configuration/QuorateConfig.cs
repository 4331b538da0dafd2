using Microsoft.Extensions.Configuration;
using Quorate.Models;

namespace Quorate.Cli.Configuration;

/// <summary>Everything that can be set in <c>quorate.json</c>, by <c>QUORATE_…</c> variables, then by flags.</summary>
internal sealed class QuorateConfig
{
    /// <summary>Folder of the ledger, keys and state. Default: ~/.quorate.</summary>
    [ConfigurationKeyName("home")]
    public string? Home { get; set; }

    [ConfigurationKeyName("planner")]
    public PlannerConfig Planner { get; set; } = new();

    [ConfigurationKeyName("triage")]
    public TriageConfig Triage { get; set; } = new();

    /// <summary>Who approves actions: panel (default), or off.</summary>
    [ConfigurationKeyName("approval")]
    public string Approval { get; set; } = "panel";

    [ConfigurationKeyName("panel")]
    public PanelConfig Panel { get; set; } = new();

    /// <summary>Members of the panel that questions go to, by name, in the file's order.</summary>
    [ConfigurationKeyName("models")]
    public Dictionary<string, MemberConfig> Models { get; set; } = [];

    [ConfigurationKeyName("ask")]
    public AskConfig Ask { get; set; } = new();

    [ConfigurationKeyName("server")]
    public ServerConfig Server { get; set; } = new();

    /// <summary>Every problem at once, each naming its key and what is allowed.</summary>
    public IEnumerable<string> Problems() =>
        [.. HomeProblems(), .. Planner.Problems(), .. Triage.Problems(), .. ApprovalProblems(), .. Panel.Problems(), .. MemberConfig.Problems(Models), .. Ask.Problems(), .. Server.Problems()];

    private IEnumerable<string> HomeProblems() => string.IsNullOrWhiteSpace(Home) || Home.Contains('\0') ? [$"home is '{Home}'; a folder is needed"] : [];

    private IEnumerable<string> ApprovalProblems() => Approval is "panel" or "off" ? [] : [$"approval is '{Approval}'; panel or off is allowed"];
}

/// <summary>Which model proposes plans. Without endpoint and preset the rulebook plans alone.</summary>
internal sealed class PlannerConfig : EndpointConfig
{
    /// <summary>0–2; default 0.</summary>
    [ConfigurationKeyName("temperature")]
    public double Temperature { get; set; }

    /// <summary>64–32,768 tokens; default 2,048.</summary>
    [ConfigurationKeyName("max_tokens")]
    public int MaxTokens { get; set; } = 2_048;

    /// <summary>1–600 seconds for one call; default 60.</summary>
    [ConfigurationKeyName("timeout_s")]
    public double TimeoutSeconds { get; set; } = 60;

    public bool HasModel => Preset is not null || Endpoint is not null;

    public IEnumerable<string> Problems()
    {
        if (Preset is not null && ModelPresets.FindOrNull(Preset) is null)
        {
            yield return $"planner.preset is '{Preset}'; {ModelPresets.Names} are allowed";
        }

        if (Endpoint is not null && (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")))
        {
            yield return $"planner.endpoint is '{Endpoint}'; an http or https address such as http://127.0.0.1:1234/v1 is needed";
        }

        if (Temperature is not (>= 0 and <= 2))
        {
            yield return $"planner.temperature is {Temperature}; 0 to 2 is allowed";
        }

        if (MaxTokens is < 64 or > 32_768)
        {
            yield return $"planner.max_tokens is {MaxTokens}; 64 to 32768 is allowed";
        }

        if (TimeoutSeconds is not (>= 1 and <= 600))
        {
            yield return $"planner.timeout_s is {TimeoutSeconds}; 1 to 600 is allowed";
        }
    }
}

/// <summary>How a repair is carried out and judged.</summary>
internal sealed class TriageConfig
{
    /// <summary>0.5–600 seconds that everything must stay healthy; default 3.</summary>
    [ConfigurationKeyName("stability_window_s")]
    public double StabilityWindowSeconds { get; set; } = 3;

    /// <summary>5–3,600 seconds for a whole repair; default 300.</summary>
    [ConfigurationKeyName("timeout_s")]
    public double TimeoutSeconds { get; set; } = 300;

    /// <summary>1–20 plan versions; default 6.</summary>
    [ConfigurationKeyName("max_versions")]
    public int MaxVersions { get; set; } = 6;

    /// <summary>Folders of Markdown runbooks, beside the site's own.</summary>
    [ConfigurationKeyName("runbooks")]
    public List<string> Runbooks { get; set; } = [];

    /// <summary>YAML files with rules of your own, beside the built-in rulebook.</summary>
    [ConfigurationKeyName("rules")]
    public List<string> Rules { get; set; } = [];

    /// <summary>Commands that a plan may run by name: program and arguments, no shell.</summary>
    [ConfigurationKeyName("exec")]
    public Dictionary<string, string[]> Exec { get; set; } = [];

    public IEnumerable<string> Problems()
    {
        if (StabilityWindowSeconds is not (>= 0.5 and <= 600))
        {
            yield return $"triage.stability_window_s is {StabilityWindowSeconds}; 0.5 to 600 is allowed";
        }

        if (TimeoutSeconds is not (>= 5 and <= 3_600))
        {
            yield return $"triage.timeout_s is {TimeoutSeconds}; 5 to 3600 is allowed";
        }

        if (MaxVersions is < 1 or > 20)
        {
            yield return $"triage.max_versions is {MaxVersions}; 1 to 20 is allowed";
        }

        foreach (var folder in Runbooks.Where(f => !Directory.Exists(f)))
        {
            yield return $"triage.runbooks names '{folder}', which is not a folder";
        }

        foreach (var file in Rules.Where(f => !File.Exists(f)))
        {
            yield return $"triage.rules names '{file}', which is not a file";
        }

        foreach (var (name, argv) in Exec.Where(e => e.Value.Length == 0))
        {
            yield return $"triage.exec.{name} is empty; a program and its arguments are needed";
        }
    }
}

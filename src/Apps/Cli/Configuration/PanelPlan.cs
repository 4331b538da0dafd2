using Quorate.Models;
using Quorate.Models.Health;
using Quorate.Models.Panel;

namespace Quorate.Cli.Configuration;

/// <summary>Which models the panel has, and why these.</summary>
/// <param name="Settings">For <see cref="ModelPanel.Create"/>.</param>
/// <param name="Source">configured, openrouter (the default panel of that key), found (local servers), or none.</param>
internal sealed record PanelPlan(PanelSettings Settings, string Source)
{
    private const string OpenRouterKey = "OPENROUTER_API_KEY";
    private const int MaxNameLength = 40;

    /// <summary>A local server that runs answers at once; one that does not refuses at once.</summary>
    private static readonly TimeSpan LocalProbe = TimeSpan.FromMilliseconds(300);

    /// <summary>Local servers that are looked for when nothing is configured.</summary>
    private static readonly string[] LocalServers = ["lmstudio", "ollama"];

    private static readonly (string Name, string Model)[] Defaults =
    [
        ("qwen", "qwen/qwen-2.5-7b-instruct:free"),
        ("llama3", "meta-llama/llama-3.1-8b-instruct:free"),
        ("mistral", "mistralai/mistral-7b-instruct:free"),
        ("deephermes", "nousresearch/deephermes-3-llama-3-8b-preview:free"),
    ];

    public static async Task<PanelPlan> ReadAsync(QuorateConfig config, EnvironmentValues variables, TimeProvider time, CancellationToken token)
    {
        var (members, source) = config.Models.Count > 0 ? (config.Models, "configured")
            : variables.Get(OpenRouterKey) is not null ? (Defaults.ToDictionary(d => d.Name, d => Member("openrouter", d.Model, d.Name == "llama3")), "openrouter")
            : await FindLocalAsync(time, token) is { Count: > 0 } found ? (found, "found")
            : ([], "none");
        return new PanelPlan(
            new PanelSettings
            {
                Members = [.. members.Select(m => m.Value.ToSettings(m.Key, config.Ask.TimeoutSeconds, variables.Get))],
                Pipeline = config.Ask.ToPipeline(config.Home!),
                EmbeddedAlways = config.Ask.Documents.Count > 0,
            },
            source);
    }

    private static async Task<Dictionary<string, MemberConfig>> FindLocalAsync(TimeProvider time, CancellationToken token)
    {
        var checks = await Task.WhenAll(LocalServers.Select(ModelPresets.Find).Select(p => ModelCheck.ProbeAsync(p.Name, new Uri(p.Endpoint), null, time, token, LocalProbe)));
        return checks.Select(c => (c.Provider, Model: c.Models.FirstOrDefault(m => !m.Contains("embed", StringComparison.OrdinalIgnoreCase))))
            .Where(c => c.Model is not null)
            .ToDictionary(c => NameOf(c.Provider, c.Model!), c => Member(c.Provider, c.Model!, aggregator: false));
    }

    private static MemberConfig Member(string preset, string model, bool aggregator) => new() { Preset = preset, Model = model, Aggregator = aggregator };

    private static string NameOf(string provider, string model)
    {
        var name = $"{provider}-{new string([.. model.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')])}";
        return name.Length <= MaxNameLength ? name : name[..MaxNameLength];
    }
}

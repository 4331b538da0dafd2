using Quorate.Contracts;
using Quorate.Models;
using Quorate.Models.Health;

namespace Quorate.Cli.Configuration;

/// <summary>The model that the configuration means.</summary>
internal static class PlannerModel
{
    /// <summary>Null when none is configured or the rulebook was asked for. A model without a name is the first that the server lists.</summary>
    /// <exception cref="QuorateException">The configuration names an unknown preset, or no model and a server that lists none.</exception>
    public static async Task<ModelConfig?> ChooseAsync(PlannerConfig planner, string mode, TimeProvider time, CancellationToken token)
    {
        if (mode == "rulebook" || !planner.HasModel)
        {
            return null;
        }

        var config = ModelConfig.Create(planner.Preset, planner.Endpoint, planner.Model ?? await FirstListedAsync(planner, time, token), planner.ApiKeyEnv);
        return (config with { Temperature = planner.Temperature, MaxTokens = planner.MaxTokens, Deadline = TimeSpan.FromSeconds(planner.TimeoutSeconds) }).Checked();
    }

    private static async Task<string?> FirstListedAsync(PlannerConfig planner, TimeProvider time, CancellationToken token)
    {
        var preset = planner.Preset is null ? null : ModelPresets.Find(planner.Preset);
        var key = (planner.ApiKeyEnv ?? preset?.ApiKeyVariable) is { } variable ? Environment.GetEnvironmentVariable(variable) : null;
        var found = await ModelCheck.ProbeAsync(preset?.Name ?? "custom", new Uri(planner.Endpoint ?? preset!.Endpoint), key, time, token);
        // A server that is down is no mistake of the configuration: planning then fails over to the rulebook.
        return found.Models.Count > 0 ? found.Models[0] : preset?.DefaultModel ?? "default";
    }
}

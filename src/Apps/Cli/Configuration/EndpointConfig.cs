using Microsoft.Extensions.Configuration;
using Quorate.Models;

namespace Quorate.Cli.Configuration;

/// <summary>Where a model is: what the planner's, a member's and the embeddings' settings have in common.</summary>
internal abstract class EndpointConfig
{
    /// <summary>A named endpoint, see ModelPresets.</summary>
    [ConfigurationKeyName("preset")]
    public string? Preset { get; set; }

    /// <summary>Base address of an OpenAI-compatible server, with /v1; wins over the preset's.</summary>
    [ConfigurationKeyName("endpoint")]
    public string? Endpoint { get; set; }

    /// <summary>The provider's name of the model; default: the preset's, for the planner the first that the server lists.</summary>
    [ConfigurationKeyName("model")]
    public string? Model { get; set; }

    /// <summary>Name of the environment variable that holds the key; never the key itself.</summary>
    [ConfigurationKeyName("api_key_env")]
    public string? ApiKeyEnv { get; set; }

    /// <summary>What keeps a model from being called; for all but the planner, which can do without one.</summary>
    /// <param name="key">Of the section.</param>
    protected IEnumerable<string> EndpointProblems(string key)
    {
        var known = Preset is null ? null : ModelPresets.FindOrNull(Preset);
        if (Preset is not null && known is null)
        {
            yield return $"{key}.preset is '{Preset}'; {ModelPresets.Names} are allowed";
        }

        if (Preset is null && Endpoint is null)
        {
            yield return $"{key} has neither preset nor endpoint; one of them is needed";
        }

        if (Endpoint is not null && (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0))
        {
            yield return $"{key}.endpoint is no http or https address without credentials; such as http://127.0.0.1:1234/v1 is needed";
        }

        if (string.IsNullOrWhiteSpace(Model ?? known?.DefaultModel))
        {
            yield return $"{key}.model is missing; the provider's name of the model is needed";
        }

        if (ApiKeyEnv is not null && !IsVariable(ApiKeyEnv))
        {
            // What stands there may be a key: it is not repeated.
            yield return $"{key}.api_key_env is no name of an environment variable; letters, digits and '_' are allowed, and never the key itself";
        }
    }

    private static bool IsVariable(string name) => name.Length is >= 1 and <= 128 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !name.StartsWith("sk_", StringComparison.Ordinal);
}

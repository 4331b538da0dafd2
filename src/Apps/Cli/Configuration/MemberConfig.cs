using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Quorate.Contracts;
using Quorate.Models;
using Quorate.Models.Panel;

namespace Quorate.Cli.Configuration;

/// <summary>One model of the panel.</summary>
internal sealed partial class MemberConfig
{
    /// <summary>A named endpoint, see ModelPresets.</summary>
    [ConfigurationKeyName("preset")]
    public string? Preset { get; set; }

    /// <summary>Base address of an OpenAI-compatible server, with /v1; wins over the preset's.</summary>
    [ConfigurationKeyName("endpoint")]
    public string? Endpoint { get; set; }

    /// <summary>The provider's name of the model.</summary>
    [ConfigurationKeyName("model")]
    public string? Model { get; set; }

    /// <summary>Name of the environment variable that holds the key; never the key itself.</summary>
    [ConfigurationKeyName("api_key_env")]
    public string? ApiKeyEnv { get; set; }

    /// <summary>0–2; default 0.3.</summary>
    [ConfigurationKeyName("temperature")]
    public double Temperature { get; set; } = 0.3;

    /// <summary>1–32,768 tokens; default 1,024.</summary>
    [ConfigurationKeyName("max_tokens")]
    public int MaxTokens { get; set; } = 1_024;

    [ConfigurationKeyName("price")]
    public PriceConfig Price { get; set; } = new();

    /// <summary>The ethical role that it takes when a question gives none.</summary>
    [ConfigurationKeyName("role")]
    public string? Role { get; set; }

    /// <summary>Whether it writes the summary; at most one.</summary>
    [ConfigurationKeyName("aggregator")]
    public bool Aggregator { get; set; }

    /// <summary>1–600 seconds for one call with its retries; default: ask.timeout_s.</summary>
    [ConfigurationKeyName("timeout_s")]
    public double? TimeoutSeconds { get; set; }

    /// <summary>0–2 attempts after the first; default 2.</summary>
    [ConfigurationKeyName("retries")]
    public int Retries { get; set; } = 2;

    public static IEnumerable<string> Problems(IReadOnlyDictionary<string, MemberConfig> models)
    {
        if (models.Count > PanelSettings.MaxMembers)
        {
            yield return $"models has {models.Count} members; at most {PanelSettings.MaxMembers} are allowed";
        }

        var aggregators = models.Where(m => m.Value.Aggregator).Select(m => m.Key).ToList();
        if (aggregators.Count > 1)
        {
            yield return $"models: {string.Join(" and ", aggregators)} have aggregator true; at most one is allowed";
        }

        foreach (var problem in models.SelectMany(m => m.Value.Problems($"models.{m.Key}", m.Key)))
        {
            yield return problem;
        }
    }

    /// <exception cref="QuorateException">Input: what <see cref="Problems(IReadOnlyDictionary{string, MemberConfig})"/> would have told.</exception>
    public MemberSettings ToSettings(string name, double defaultTimeout, Func<string, string?> variables) => new()
    {
        Name = name,
        Model = (ModelConfig.Create(Preset, Endpoint, Model, ApiKeyEnv, variables) with
        {
            Temperature = Temperature,
            MaxTokens = MaxTokens,
            Deadline = TimeSpan.FromSeconds(TimeoutSeconds ?? defaultTimeout),
            MaxRetries = Retries,
        }).Checked(),
        Price = new TokenPrice((decimal)Price.Input, (decimal)Price.Output),
        Role = Role,
        Aggregator = Aggregator,
    };

    private IEnumerable<string> Problems(string key, string name)
    {
        if (!Name().IsMatch(name) || name.Equals("quorate", StringComparison.OrdinalIgnoreCase))
        {
            yield return $"{key} is no name for a member; 1 to 40 letters, digits, '_' and '-' are allowed, but not quorate, which names the whole panel";
        }

        foreach (var problem in EndpointSettings.Problems(key, Preset, Endpoint, Model, ApiKeyEnv))
        {
            yield return problem;
        }

        if (Temperature is not (>= 0 and <= 2))
        {
            yield return $"{key}.temperature is {Temperature}; 0 to 2 is allowed";
        }

        if (MaxTokens is < 1 or > 32_768)
        {
            yield return $"{key}.max_tokens is {MaxTokens}; 1 to 32768 is allowed";
        }

        if (TimeoutSeconds is not (null or (>= 1 and <= 600)))
        {
            yield return $"{key}.timeout_s is {TimeoutSeconds}; 1 to 600 is allowed";
        }

        if (Retries is < 0 or > 2)
        {
            yield return $"{key}.retries is {Retries}; 0 to 2 is allowed";
        }

        if (Role is not null && (string.IsNullOrWhiteSpace(Role) || Role.Length > 40))
        {
            yield return $"{key}.role is '{Role}'; the name of an ethical role is needed";
        }

        foreach (var problem in Price.Problems($"{key}.price"))
        {
            yield return problem;
        }
    }

    // Names become parts of addresses and file names.
    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Name();
}

/// <summary>US dollars for a million tokens.</summary>
internal sealed class PriceConfig
{
    private const double Most = 10_000;

    [ConfigurationKeyName("input")]
    public double Input { get; set; }

    [ConfigurationKeyName("output")]
    public double Output { get; set; }

    public IEnumerable<string> Problems(string key)
    {
        if (Input is not (>= 0 and <= Most))
        {
            yield return $"{key}.input is {Input}; 0 to {Most} dollars for a million tokens are allowed";
        }

        if (Output is not (>= 0 and <= Most))
        {
            yield return $"{key}.output is {Output}; 0 to {Most} dollars for a million tokens are allowed";
        }
    }
}

/// <summary>What members and embeddings have in common: where a model is.</summary>
internal static class EndpointSettings
{
    public static IEnumerable<string> Problems(string key, string? preset, string? endpoint, string? model, string? apiKeyEnv)
    {
        var known = preset is null ? null : ModelPresets.FindOrNull(preset);
        if (preset is not null && known is null)
        {
            yield return $"{key}.preset is '{preset}'; {ModelPresets.Names} are allowed";
        }

        if (preset is null && endpoint is null)
        {
            yield return $"{key} has neither preset nor endpoint; one of them is needed";
        }

        if (endpoint is not null && (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0))
        {
            yield return $"{key}.endpoint is no http or https address without credentials; such as http://127.0.0.1:1234/v1 is needed";
        }

        if (string.IsNullOrWhiteSpace(model ?? known?.DefaultModel))
        {
            yield return $"{key}.model is missing; the provider's name of the model is needed";
        }

        if (apiKeyEnv is not null && !IsVariable(apiKeyEnv))
        {
            // What stands there may be a key: it is not repeated.
            yield return $"{key}.api_key_env is no name of an environment variable; letters, digits and '_' are allowed, and never the key itself";
        }
    }

    private static bool IsVariable(string name) => name.Length is >= 1 and <= 128 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !name.StartsWith("sk_", StringComparison.Ordinal);
}

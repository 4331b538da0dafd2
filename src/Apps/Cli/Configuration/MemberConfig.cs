using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Quorate.Contracts;
using Quorate.Models;
using Quorate.Models.Panel;

namespace Quorate.Cli.Configuration;

/// <summary>One model of the panel.</summary>
internal sealed partial class MemberConfig : EndpointConfig
{
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

        foreach (var problem in EndpointProblems(key))
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

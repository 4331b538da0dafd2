using Quorate.Contracts;

namespace Quorate.Models;

/// <summary>One model behind one OpenAI-compatible endpoint. Holds the name of the key's variable, never the key.</summary>
public sealed record ModelConfig
{
    /// <summary>The preset it came from, or <c>custom</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>Base address, such as <c>http://127.0.0.1:1234/v1</c>.</summary>
    public required Uri Endpoint { get; init; }
    public required string Model { get; init; }

    /// <summary>Name of the environment variable that holds the API key; null for servers that want none.</summary>
    public string? ApiKeyVariable { get; init; }

    /// <summary>0–2; 0 gives the most repeatable answers.</summary>
    public double Temperature { get; init; }

    /// <summary>Tokens that an answer may have; 1–32768.</summary>
    public int MaxTokens { get; init; } = 4096;

    /// <summary>For a whole call with its retries; 1 s to 10 min.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Attempts after the first; 0–2.</summary>
    public int MaxRetries { get; init; } = 2;

    /// <summary>Makes a configuration from a preset, with what the user chose laid over it.</summary>
    /// <param name="preset">Name of a known server, or null.</param>
    /// <param name="endpoint">Wins over the preset's.</param>
    /// <param name="model">Null: the preset's default.</param>
    /// <param name="apiKeyVariable">Null: the preset's.</param>
    /// <param name="variables">Values of environment variables by name; null: the process's own.</param>
    /// <exception cref="QuorateException">Input: an unknown preset, a bad address or no model.</exception>
    public static ModelConfig Create(string? preset, string? endpoint, string? model, string? apiKeyVariable = null, Func<string, string?>? variables = null)
    {
        var known = preset is null ? null : ModelPresets.Find(preset);
        variables ??= Environment.GetEnvironmentVariable;
        var address = endpoint ?? FromVariable(known?.EndpointVariable, variables) ?? known?.Endpoint
            ?? throw QuorateException.Input("model_endpoint", "endpoint: no address given", $"give an address, or a preset: {ModelPresets.Names}");
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0)
        {
            throw QuorateException.Input("model_endpoint", $"endpoint: {(uri is { UserInfo.Length: > 0 } ? uri.Host : address)} is not an http or https address without credentials", "for example http://127.0.0.1:1234/v1");
        }

        if (string.IsNullOrWhiteSpace(model ?? known?.DefaultModel))
        {
            throw QuorateException.Input("model_name", $"model: no name given for {known?.Name ?? uri.Host}", "name a model that the server lists (quorate models --check)");
        }

        return new ModelConfig
        {
            Provider = known?.Name ?? "custom",
            Endpoint = uri,
            Model = (model ?? known?.DefaultModel)!,
            ApiKeyVariable = apiKeyVariable ?? KeyVariable(known, variables),
        };
    }

    private static string? KeyVariable(ModelPreset? preset, Func<string, string?> variables) =>
        preset?.OtherKeyVariable is { } other && string.IsNullOrWhiteSpace(variables(preset.ApiKeyVariable!)) && !string.IsNullOrWhiteSpace(variables(other))
            ? other : preset?.ApiKeyVariable;

    /// <summary>People copy the address of one operation; the base is what comes before it.</summary>
    private static string? FromVariable(string? name, Func<string, string?> variables)
    {
        const string Operation = "/chat/completions";
        var address = name is null ? null : variables(name)?.Trim().TrimEnd('/');
        return string.IsNullOrEmpty(address) ? null : address.EndsWith(Operation, StringComparison.OrdinalIgnoreCase) ? address[..^Operation.Length] : address;
    }

    /// <exception cref="QuorateException">Input: a number outside its range.</exception>
    public ModelConfig Checked()
    {
        Require(Temperature is >= 0 and <= 2, "temperature", Temperature, "0–2");
        Require(MaxTokens is >= 1 and <= 32_768, "max_tokens", MaxTokens, "1–32768");
        Require(Deadline >= TimeSpan.FromMilliseconds(100) && Deadline <= TimeSpan.FromMinutes(10), "deadline", Deadline, "100 ms to 10 min");
        Require(MaxRetries is >= 0 and <= 2, "max_retries", MaxRetries, "0–2");
        return this;
    }

    private static void Require(bool holds, string field, object value, string allowed)
    {
        if (!holds)
        {
            throw QuorateException.Input("model_config", $"{field}: {value} is not allowed", $"allowed: {allowed}");
        }
    }
}

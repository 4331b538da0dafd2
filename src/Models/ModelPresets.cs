using Quorate.Contracts;

namespace Quorate.Models;

/// <summary>A server that many people have, by name. DefaultModel null: the user must name one.</summary>
public sealed record ModelPreset(string Name, string Endpoint, string? ApiKeyVariable, string? DefaultModel, string Summary)
{
    /// <summary>Variable whose address takes the endpoint's place; null when there is none.</summary>
    public string? EndpointVariable { get; init; }

    /// <summary>A second name under which people keep the key.</summary>
    public string? OtherKeyVariable { get; init; }

    /// <summary>What a GET on the endpoint asks to see whether it would serve us.</summary>
    public string ProbePath { get; init; } = "models";
}

/// <summary>The known OpenAI-compatible servers. Local ones listen on their own default ports.</summary>
public static class ModelPresets
{
    public static IReadOnlyList<ModelPreset> All { get; } =
    [
        new("lmstudio", "http://127.0.0.1:1234/v1", null, "local-model", "LM Studio's local server"),
        new("ollama", "http://127.0.0.1:11434/v1", null, null, "Ollama"),
        new("llamacpp", "http://127.0.0.1:8080/v1", null, "default", "llama.cpp's llama-server"),
        new("vllm", "http://127.0.0.1:8000/v1", null, null, "vLLM"),
        new("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", null, "OpenAI"),
        // Its list of models is public; only this path looks at the key.
        new("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", null, "OpenRouter") { ProbePath = "key" },
        new("sambanova", "https://api.sambanova.ai/v1", "SAMBASTUDIO_API_KEY", null, "SambaNova Cloud, or SambaStudio at SAMBASTUDIO_URL")
        {
            EndpointVariable = "SAMBASTUDIO_URL",
            OtherKeyVariable = "SAMBANOVA_API_KEY",
        },
        new("anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY", null, "Anthropic, by its OpenAI-compatible endpoint"),
    ];

    public static string Names => string.Join(", ", All.Select(p => p.Name));

    /// <exception cref="QuorateException">Input: no such preset.</exception>
    public static ModelPreset Find(string name) =>
        FindOrNull(name) ?? throw QuorateException.Input("model_preset", $"preset: {name} is unknown", $"allowed: {Names}");

    public static ModelPreset? FindOrNull(string name) => All.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));
}

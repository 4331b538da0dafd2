using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Models.Pipeline;
using Quorate.Models.Providers;

namespace Quorate.Models;

/// <summary>Puts the clients together: deadline over retry over response format over audit over the provider.</summary>
public static class ModelClients
{
    /// <exception cref="QuorateException">Missing: the key's variable is named but empty. Input: a number out of range.</exception>
    public static IChatClient Create(ModelConfig config, Func<LlmRun, CancellationToken, Task> audit, TimeProvider time, IIdSource ids, Random random)
    {
        config.Checked();
        return new OpenAiChatClient(config, ReadKey(config), time)
            .UseAudit(audit, time, ids)
            .UseResponseFormatFallback()
            .UseRetry(config.MaxRetries, random, time)
            .UseDeadline(config.Deadline, time);
    }

    /// <summary>The key from its environment variable; null when the configuration names none.</summary>
    /// <param name="config">Names the variable.</param>
    /// <param name="variables">Values of environment variables by name; null: the process's own.</param>
    /// <exception cref="QuorateException">Missing: the variable is named but empty.</exception>
    public static string? ReadKey(ModelConfig config, Func<string, string?>? variables = null)
    {
        if (config.ApiKeyVariable is not { } variable)
        {
            return null;
        }

        var key = (variables ?? Environment.GetEnvironmentVariable)(variable);
        return string.IsNullOrWhiteSpace(key)
            ? throw QuorateException.Missing("model_key", $"{variable} is not set; {config.Provider} needs a key", $"export {variable}=… or use the rulebook planner")
            : key.Trim();
    }
}

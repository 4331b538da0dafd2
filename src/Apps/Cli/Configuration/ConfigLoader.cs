using Microsoft.Extensions.Configuration;
using Quorate.Contracts;

namespace Quorate.Cli.Configuration;

/// <summary>Reads the configuration: defaults, file, environment, flags, each over the one before.</summary>
internal static class ConfigLoader
{
    private const string DefaultFile = "quorate.json";

    /// <exception cref="QuorateException">A key is unknown or a value out of its range; all problems are listed.</exception>
    public static QuorateConfig Load(string? file, string? home)
    {
        var path = Path.GetFullPath(file ?? DefaultFile);
        if (file is not null && !File.Exists(path))
        {
            throw QuorateException.Input("config_missing", $"--config names {path}, which does not exist.");
        }

        var config = Bind(path);
        config.Home = Path.GetFullPath(home ?? config.Home ?? DefaultHome());
        var problems = config.Problems().ToList();
        if (problems.Count > 0)
        {
            throw QuorateException.Input("config_invalid", "The configuration is wrong: " + string.Join("; ", problems) + ".", "docs/configuration.md lists every key.");
        }

        return config;
    }

    private static QuorateConfig Bind(string path)
    {
        try
        {
            var fromFile = new ConfigurationBuilder().AddJsonFile(path, optional: true).Build();
            // The file alone is bound strictly: the environment also carries variables that are not settings.
            fromFile.Get<QuorateConfig>(o => o.ErrorOnUnknownConfiguration = true);
            return new ConfigurationBuilder().AddConfiguration(fromFile).AddEnvironmentVariables("QUORATE_").Build().Get<QuorateConfig>()
                ?? new QuorateConfig();
        }
        catch (Exception error) when (error is InvalidOperationException or InvalidDataException or FormatException)
        {
            throw QuorateException.Input("config_invalid", $"{path}: {error.InnerException?.Message ?? error.Message}", "docs/configuration.md lists every key.", error);
        }
    }

    private static string DefaultHome()
    {
        var user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.Combine(user.Length > 0 ? user : Path.GetTempPath(), ".quorate");
    }
}

using System.Reflection;
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
            // Only the file is held to known keys: the environment also carries variables that are not settings.
            var unknown = UnknownKeys(fromFile, typeof(QuorateConfig)).ToList();
            if (unknown.Count > 0)
            {
                throw QuorateException.Input("config_invalid", $"{path} has unknown keys: {string.Join("; ", unknown)}.", "docs/configuration.md lists every key.");
            }

            return new ConfigurationBuilder().AddConfiguration(fromFile).AddEnvironmentVariables("QUORATE_").Build().Get<QuorateConfig>()
                ?? new QuorateConfig();
        }
        catch (Exception error) when (error is InvalidOperationException or InvalidDataException or FormatException)
        {
            throw QuorateException.Input("config_invalid", $"{path}: {error.InnerException?.Message ?? error.Message}", "docs/configuration.md lists every key.", error);
        }
    }

    /// <summary>The binder's own check does not know <see cref="ConfigurationKeyNameAttribute"/>.</summary>
    private static IEnumerable<string> UnknownKeys(IConfiguration section, Type type)
    {
        var known = type.GetProperties().Where(p => p.IsDefined(typeof(ConfigurationKeyNameAttribute), inherit: false))
            .ToDictionary(p => p.GetCustomAttribute<ConfigurationKeyNameAttribute>()!.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (!known.TryGetValue(child.Key, out var property))
            {
                yield return $"{child.Path.Replace(':', '.')} (allowed here: {string.Join(", ", known.Keys)})";
            }
            else if (property.PropertyType.Namespace == type.Namespace)
            {
                foreach (var unknown in UnknownKeys(child, property.PropertyType))
                {
                    yield return unknown;
                }
            }
        }
    }

    private static string DefaultHome()
    {
        var user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.Combine(user.Length > 0 ? user : Path.GetTempPath(), ".quorate");
    }
}

using System.Text;
using Microsoft.Extensions.Configuration;
using Quorate.Cli.Common;
using Quorate.Contracts;

namespace Quorate.Cli.Configuration;

/// <summary>Reads the configuration: defaults, file, environment, flags, each over the one before.</summary>
internal static class ConfigLoader
{
    private const string DefaultFile = "quorate.json";
    private const string Prefix = "QUORATE_";
    private const int MaxBytes = 1 << 20;

    /// <exception cref="QuorateException">A key is unknown or a value out of its range; all problems are listed.</exception>
    public static QuorateConfig Load(string? file, string? home)
    {
        var path = Path.GetFullPath(file ?? DefaultFile);
        if (file is not null && !Path.Exists(path))
        {
            throw QuorateException.Input("config_missing", $"--config names {path}, which does not exist.");
        }

        var config = Bind(path);
        config.Home = home ?? config.Home ?? DefaultHome();
        Refuse("The configuration is wrong", config.Problems());
        config.Home = Path.GetFullPath(config.Home);
        return config;
    }

    private static QuorateConfig Bind(string path)
    {
        var fromFile = ReadFile(path);
        Refuse(path, ConfigCheck.Problems(fromFile, key => key.Replace(':', '.'), topLevel: true));
        var variables = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build();
        // At the top the environment also carries variables that are not settings, such as QUORATE_PASSPHRASE.
        Refuse("The environment is wrong", ConfigCheck.Problems(variables, key => Prefix + key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant(), topLevel: false));
        return new ConfigurationBuilder().AddConfiguration(fromFile).AddConfiguration(variables).Build().Get<QuorateConfig>() ?? new QuorateConfig();
    }

    private static IConfigurationRoot ReadFile(string path)
    {
        var builder = new ConfigurationBuilder();
        if (!Path.Exists(path))
        {
            return builder.Build();
        }

        var text = InputFile.ReadText(path, MaxBytes, "config_invalid");
        try
        {
            return builder.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(text))).Build();
        }
        catch (Exception error) when (error is InvalidDataException or FormatException or System.Text.Json.JsonException)
        {
            throw Wrong($"{path}: {error.GetBaseException().Message}", error);
        }
    }

    private static void Refuse(string what, IEnumerable<string> problems)
    {
        if (problems.ToList() is { Count: > 0 } found)
        {
            throw Wrong($"{what}: {string.Join("; ", found)}.");
        }
    }

    private static QuorateException Wrong(string message, Exception? inner = null) =>
        QuorateException.Input("config_invalid", message, "docs/configuration.md lists every key.", inner);

    private static string DefaultHome()
    {
        var user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.Combine(user.Length > 0 ? user : Path.GetTempPath(), ".quorate");
    }
}

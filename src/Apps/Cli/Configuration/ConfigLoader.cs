using System.Text;
using System.Text.Json;
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
        var path = PathOf(file);
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

    /// <summary>The file that is read, whether it exists or not.</summary>
    public static string PathOf(string? file) => Path.GetFullPath(file ?? DefaultFile);

    private static QuorateConfig Bind(string path)
    {
        var fromFile = ReadFile(path);
        Refuse(path, ConfigCheck.Problems(fromFile, key => key.Replace(':', '.'), topLevel: true));
        var variables = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build();
        // At the top the environment also carries variables that are not settings, such as QUORATE_PASSPHRASE.
        Refuse("The environment is wrong", ConfigCheck.Problems(variables, key => Prefix + key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant(), topLevel: false));
        var config = new ConfigurationBuilder().AddConfiguration(fromFile).AddConfiguration(variables).Build().Get<QuorateConfig>() ?? new QuorateConfig();
        config.Models = InFileOrder(config.Models, path);
        return config;
    }

    /// <summary>The binder sorts by name, but the order of members means something: the first one aggregates.</summary>
    private static Dictionary<string, MemberConfig> InFileOrder(Dictionary<string, MemberConfig> models, string path)
    {
        if (models.Count < 2 || !Path.Exists(path))
        {
            return models;
        }

        using var document = JsonDocument.Parse(InputFile.ReadText(path, MaxBytes, "config_invalid"), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var written = document.RootElement.EnumerateObject().Where(p => p.Name.Equals("models", StringComparison.OrdinalIgnoreCase) && p.Value.ValueKind == JsonValueKind.Object)
            .SelectMany(p => p.Value.EnumerateObject()).Select(p => p.Name).ToList();
        int Place(string name) => written.FindIndex(w => w.Equals(name, StringComparison.OrdinalIgnoreCase)) is >= 0 and var at ? at : int.MaxValue;
        return models.OrderBy(m => Place(m.Key)).ToDictionary(m => m.Key, m => m.Value);
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
        catch (Exception error) when (error is InvalidDataException or FormatException or JsonException)
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

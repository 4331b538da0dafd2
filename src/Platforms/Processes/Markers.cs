using System.Collections;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>
/// What is put into a service's environment beside its own values: the markers it is found again by (as containers are
/// by their labels), and the few base variables without which programs do not run. Nothing else of Quorate's own
/// environment reaches a service.
/// </summary>
internal static class Markers
{
    public const string Site = "QUORATE_SITE";
    public const string Service = "QUORATE_SERVICE";
    public const string Effect = "QUORATE_EFFECT";
    public const string Log = "QUORATE_LOG";

    private static readonly string[] Own = [Site, Service, Effect, Log];
    private static readonly string[] BaseNames = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

    /// <summary>What a POSIX shell adds to the environment of what it starts.</summary>
    private static readonly string[] ShellNames = ["PWD", "OLDPWD", "SHLVL", "_"];

    public static Dictionary<string, string> BaseEnvironment()
    {
        var values = new Dictionary<string, string>();
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if (IsBase((string)entry.Key) && entry.Value is string value)
            {
                values[(string)entry.Key] = value;
            }
        }

        return values;
    }

    /// <summary>The values over the base, without markers.</summary>
    public static Dictionary<string, string> Surround(IReadOnlyDictionary<string, string> values)
    {
        var environment = BaseEnvironment();
        foreach (var (name, value) in values)
        {
            environment[name] = value;
        }

        return environment;
    }

    /// <summary>A process's environment without what it was given beside its own values.</summary>
    public static Dictionary<string, string> Strip(IReadOnlyDictionary<string, string> actual, ProcessSpec? declared) => actual
        .Where(e => !Own.Contains(e.Key))
        .Where(e => declared?.Environment.ContainsKey(e.Key) == true || !(IsBase(e.Key) || ShellNames.Contains(e.Key)))
        .ToDictionary(e => e.Key, e => e.Value);

    private static bool IsBase(string name) => BaseNames.Contains(name) || name.StartsWith("DOTNET_", StringComparison.Ordinal);
}

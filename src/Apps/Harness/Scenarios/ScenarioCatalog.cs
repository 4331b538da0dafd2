using Quorate.Contracts;

namespace Quorate.Harness.Scenarios;

/// <summary>Scenarios in a folder, and those a person names.</summary>
public static class ScenarioCatalog
{
    /// <summary>Files read of one folder; more is no catalogue.</summary>
    private const int MaxFiles = 500;

    /// <summary>Every scenario of the folder, by name.</summary>
    /// <exception cref="QuorateException">A file is wrong, or the folder is not there.</exception>
    public static IReadOnlyList<Scenario> ReadFolder(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Take(MaxFiles).Select(ScenarioReader.ReadFile).OrderBy(s => s.Name, StringComparer.Ordinal)]
        : throw QuorateException.Missing("scenarios_missing", $"there is no folder {folder}", "name a scenario's file");

    /// <summary>What was named, in that order: a file, else the name of a scenario in the folder.</summary>
    /// <exception cref="QuorateException">Input: neither a file nor a name of the folder.</exception>
    public static IReadOnlyList<Scenario> Choose(string folder, IReadOnlyList<string> named)
    {
        var shipped = new Lazy<IReadOnlyList<Scenario>>(() => ReadFolder(folder));
        return [.. named.Select(n => File.Exists(n) ? ScenarioReader.ReadFile(n) : shipped.Value.FirstOrDefault(s => s.Name == n) ?? throw Unknown(n, shipped.Value))];
    }

    private static QuorateException Unknown(string name, IReadOnlyList<Scenario> shipped) => QuorateException.Input(
        "unknown_scenario", $"there is no scenario '{PlainText.Line(name, 80)}'; there are {string.Join(", ", shipped.Select(s => s.Name))}", "quorate harness list");
}

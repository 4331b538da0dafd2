using Quorate.Contracts;
using Quorate.Engine.Triage.Planning.Rules;

namespace Quorate.Harness.Runs;

/// <summary>Which rules a planner had: a record replays to the same plans only with the same.</summary>
public static class RulesVersion
{
    public const string Name = "rulebook";

    /// <summary>SHA-256 of the built-in rules and the user's files, in order.</summary>
    public static string Of(IEnumerable<string> ruleFiles)
    {
        var assembly = typeof(RulebookLoader).Assembly;
        var texts = assembly.GetManifestResourceNames().Where(n => n.StartsWith("rules/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(n =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(n)!);
            return reader.ReadToEnd();
        });
        return TextHash.Of(string.Join('\0', texts.Concat(ruleFiles.Select(File.ReadAllText))));
    }
}

using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask.Catalog;

/// <summary>The kinds of question by the names that people write.</summary>
public static class QuestionTypes
{
    public static IReadOnlyDictionary<string, QuestionType> ByName { get; } = new Dictionary<string, QuestionType>(StringComparer.OrdinalIgnoreCase)
    {
        ["Open-ended"] = QuestionType.OpenEnded,
        ["Yes/No"] = QuestionType.YesNo,
        ["Multiple Choice"] = QuestionType.MultipleChoice,
        ["None"] = QuestionType.None,
    };

    /// <summary>Also without spaces and signs: open, yesno, yes-no, multiple-choice. Null for no such kind.</summary>
    public static QuestionType? Find(string name)
    {
        var plain = Plain(name);
        return plain == "open" ? QuestionType.OpenEnded
            : ByName.Where(t => Plain(t.Key) == plain).Select(t => (QuestionType?)t.Value).FirstOrDefault();
    }

    public static string NameOf(QuestionType type) => ByName.First(t => t.Value == type).Key;

    private static string Plain(string name) => string.Concat(name.Where(char.IsLetter)).ToLowerInvariant();
}

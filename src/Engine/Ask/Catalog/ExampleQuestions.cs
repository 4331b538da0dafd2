using Quorate.Contracts.Asking;

namespace Quorate.Engine.Ask.Catalog;

/// <summary>Questions to begin with, by domain and kind.</summary>
public static class ExampleQuestions
{
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<QuestionType, string>> ByDomain { get; } = new Dictionary<string, IReadOnlyDictionary<QuestionType, string>>
    {
        ["Custom"] = Of(
            "What should a team write down before it lets a language model change a running system?",
            "Should a model's answer be shown without saying how many others agreed?",
            "Which is the strongest evidence for an answer?\nA) One confident model\nB) Several independent models that agree\nC) A long answer\nD) A fast answer",
            "Explain what a quorum is to somebody who has never heard the word."),
        ["Education"] = Of(
            "How should universities change their examinations now that students have language models?",
            "Should standardised tests be optional for university admission?",
            "Which measure raises reading skills in primary school the most?\nA) Smaller classes\nB) Tutoring\nC) More homework\nD) Tablets for all",
            "The place of handwriting in primary school."),
        ["Healthcare"] = Of(
            "How should a hospital decide which diagnoses may be prepared by software?",
            "Should vaccination against measles be required for school attendance?",
            "What lowers waiting times in emergency departments the most?\nA) More beds\nB) Triage by nurses\nC) Longer hours of general practitioners\nD) Online appointments",
            "Trade-offs of centralised electronic health records."),
        ["Policy"] = Of(
            "What would a fair rule for facial recognition in public places look like?",
            "Should voting be compulsory?",
            "Which tax distorts work and investment the least?\nA) Income tax\nB) Land value tax\nC) Corporate tax\nD) Tariffs",
            "Arguments about a universal basic income."),
        ["Science/Technology"] = Of(
            "Which safeguards should a laboratory have before it lets an agent run experiments?",
            "Is nuclear power needed to reach net zero by 2050?",
            "What limits the life of a lithium-ion battery the most?\nA) Number of cycles\nB) Heat\nC) Storage when empty\nD) Fast charging",
            "What quantum computers can and cannot do."),
        ["Environmental"] = Of(
            "How should a city prepare for more frequent heat waves?",
            "Should short-haul flights be banned where a train takes under four hours?",
            "What protects biodiversity on farmland the most?\nA) Hedgerows\nB) Fewer pesticides\nC) Fallow land\nD) Smaller fields",
            "Deep-sea mining of nodules."),
    };

    private static Dictionary<QuestionType, string> Of(string open, string yesNo, string choice, string none) => new()
    {
        [QuestionType.OpenEnded] = open,
        [QuestionType.YesNo] = yesNo,
        [QuestionType.MultipleChoice] = choice,
        [QuestionType.None] = none,
    };
}

using Quorate.Contracts.Asking;
using Quorate.Engine.Ask.Catalog;
using Quorate.Models.Panel;

namespace Quorate.Engine.Ask;

/// <summary>A member with the role that it has for one question.</summary>
internal sealed record Seat(MemberInfo Member, EthicalRole? Role)
{
    public string Name => Member.Name;
}

/// <summary>A request made definite: who is asked, as what, and who summarises.</summary>
/// <param name="Request">With the domain's, members' and roles' own spelling.</param>
/// <param name="Domain">The domain.</param>
/// <param name="Choices">Of a multiple choice question, without their letters; otherwise empty.</param>
/// <param name="Question">The query without the choices that were read from it.</param>
/// <param name="Seats">In the panel's order.</param>
/// <param name="Aggregators">Who may summarise, the chosen one first; embedded members cannot.</param>
internal sealed record Agenda(
    AskRequest Request, Domain Domain, IReadOnlyList<string> Choices, string Question, IReadOnlyList<Seat> Seats, IReadOnlyList<MemberInfo> Aggregators)
{
    /// <summary>Usable answers without which the outcome is degraded.</summary>
    public required int Quorum { get; init; }

    public bool IsVote => Request.QuestionType is QuestionType.YesNo or QuestionType.MultipleChoice;

    /// <summary>What may be voted for.</summary>
    public IReadOnlyList<string> Options => Request.QuestionType switch
    {
        QuestionType.YesNo => ["yes", "no"],
        QuestionType.MultipleChoice => [.. Choices.Select((_, i) => Letter(i))],
        _ => [],
    };

    public static string Letter(int choice) => ((char)('A' + choice)).ToString();
}
